// Compiles other papers' quantizers, with learned states, post-training quantization, and fixed point.
#include <cstdio>

#include <minnow/estimate/bi_real.hpp>
#include <minnow/minnow.hpp>
#include <minnow/quantize/methods.hpp>

namespace mn = minnow;

namespace {

template <class Scheme>
struct small : mn::model<mn::image<3, 8, 8>, mn::conv<8, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm, mn::relu,
                         mn::conv<9, Scheme>, mn::batch_norm, mn::relu, mn::dense<3, Scheme>, mn::batch_norm> {};
template <class Scheme>
struct normed : mn::model<mn::image<3, 8, 8>, mn::conv<8, mn::scheme<mn::pixels, mn::integer<8>>>, mn::batch_norm,
                          mn::relu, mn::dense<3, Scheme>, mn::batch_norm> {};
template <class Scheme>
struct folded : mn::model<mn::image<3, 8, 8>, mn::conv<8, mn::scheme<mn::pixels, mn::integer<8>>>, mn::bias, mn::relu,
                          mn::dense<3, Scheme>, mn::bias> {};

const mn::dataset<std::uint8_t> data({8, 8, 3}, std::vector<std::uint8_t>(192 * 16, 7), std::vector<int>(16, 1));

template <class Scheme, class Estimator = mn::ste>
void try_one() {
  mn::network<small<Scheme>, Estimator> net{mn::seed{1}};
  mn::fit(net, data, mn::adam{}, mn::constant{1}, {.epochs = 1, .batch = 8});
  std::printf("%f\n", mn::accuracy(mn::pack(net), data));
}

}  // namespace

int main() {
  try_one<mn::methods::xnor_net>();
  try_one<mn::methods::ttq>();
  try_one<mn::methods::twn>();
  try_one<mn::methods::dorefa<2, 2>>();
  try_one<mn::methods::hwgq<>>();
  try_one<mn::methods::hwgq_nonuniform<>>();
  try_one<mn::methods::pact<4, 4>>();
  try_one<mn::methods::lsq<4, 4>>();
  try_one<mn::methods::qil<4, 4>>();
  try_one<mn::methods::syq<2, 4>>();
  try_one<mn::methods::lq_net<2, 2>>();
  try_one<mn::methods::abc_net<3, 3>>();
  try_one<mn::methods::fgq<>>();
  try_one<mn::methods::bi_real, mn::bi_real>();

  using bytes = mn::scheme<mn::integer<8>, mn::integer<8>>;
  mn::network<normed<mn::scheme<mn::real, mn::real>>> from{mn::seed{1}};
  mn::fit(from, data, mn::sgd{}, mn::constant{1}, {.epochs = 1, .batch = 8});
  mn::network<folded<bytes>> to{mn::seed{1}};
  mn::fold_batch_norm(from, to);
  mn::calibrate(to, data);
  std::printf("%f\n", mn::accuracy(mn::pack<mn::fixed_point>(to), data));
}
