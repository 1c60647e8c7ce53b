// Compiles networks with residual and dense blocks, groups, signals, every pool, every activation, integers and floats.
#include <cstdio>

#include <minnow/minnow.hpp>
#include <minnow/zoo/mobilenet.hpp>
#include <minnow/zoo/resnet_cifar.hpp>

namespace mn = minnow;

namespace {

template <int Filters>
using unit = mn::chain<mn::conv<Filters, mn::scheme<mn::integer<8>, mn::integer<4>>>, mn::batch_norm>;

struct graph
    : mn::model<mn::image<3, 12, 12>, mn::conv<8, mn::scheme<mn::pixels, mn::integer<8>>>, mn::batch_norm, mn::relu,
                mn::residual<unit<8>>, mn::residual<mn::chain<unit<12>, mn::relu>, unit<12>, mn::integer<8>>,
                mn::dense_block<2, unit<4>>,
                mn::depthwise_conv<mn::scheme<mn::integer<8>, mn::integer<8, mn::per_channel>>>, mn::batch_norm,
                mn::relu6, mn::conv<10, mn::minw<2, 2>, mn::groups<2>>, mn::max_pool<3, mn::stride<2>, mn::padding<1>>,
                mn::batch_norm, mn::hard_tanh, mn::conv<6, mn::minw<16, 1>>, mn::average_pool<2>, mn::batch_norm,
                mn::conv<5, mn::minw<1, 16>, mn::stride<2>>, mn::batch_norm,
                mn::dense<4, mn::scheme<mn::unsigned_integer<4>, mn::power_of_two<3>>>, mn::bias> {};
struct wave
    : mn::model<mn::signal<2, 40>, mn::conv<8, mn::scheme<mn::real, mn::sign>, mn::kernel<1, 9>, mn::stride<1, 2>>,
                mn::batch_norm, mn::max_pool<2, mn::kernel<1, 2>, mn::stride<1, 2>>, mn::dense<3, mn::minw<1, 1>>,
                mn::batch_norm> {};

template <class Model, class Element>
void try_one() {
  const auto size = static_cast<std::size_t>(mn::layer_graph<Model>::input.size());
  const mn::dataset<Element> data(mn::layer_graph<Model>::input, std::vector<Element>(size * 8, Element(1)),
                                  std::vector<int>(8, 1));
  mn::network<Model> net{mn::seed{1}};
  mn::fit(net, data, mn::adam{}, mn::exponential{}, {.epochs = 1, .batch = 4});
  const auto packed = mn::pack(net);
  mn::session<mn::packed<Model>> run(packed, 2);
  std::vector<float> logits(static_cast<std::size_t>(mn::packed<Model>::classes));
  run.run(data.image(0), std::span<float>(logits));
  std::printf("%s%f\n", mn::summary(packed).c_str(), static_cast<double>(logits[0]));
}

}  // namespace

int main() {
  try_one<graph, std::uint8_t>();
  try_one<wave, float>();
}
