#include <iostream>

#include <minnow/minnow.hpp>

namespace mn = minnow;

/// 1-bit inputs and weights in every layer; the first layer reads the image as bytes.
struct digits
    : mn::model<mn::image<1, 28, 28>, mn::conv<32, mn::scheme<mn::pixels, mn::sign>, mn::kernel<5>>, mn::max_pool<2>,
                mn::batch_norm, mn::conv<64, mn::minw<1, 1>>, mn::max_pool<2>, mn::batch_norm,
                mn::dense<256, mn::minw<1, 1>>, mn::batch_norm, mn::dense<10, mn::minw<1, 1>>, mn::batch_norm> {};

int main() {
  const auto [train, test] = mn::load_mnist("data/mnist");

  mn::network<digits, mn::aqe> net{mn::seed{7}};  // the gradient estimator: ste, aqe, alpha_blend …
  mn::fit(net, train, mn::adam{.rate = 5e-3f}, mn::constant{0.5f}, {.epochs = 4, .batch = 128, .validation = &test});

  mn::save(mn::pack(net), "digits.mnw");
  const auto tiny = mn::load<mn::packed<digits>>("digits.mnw");
  std::cout << mn::summary(tiny) << mn::accuracy(tiny, test) << '\n';
}
