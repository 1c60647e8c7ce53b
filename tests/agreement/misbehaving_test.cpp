#include "pairs.hpp"

#include <limits>

using namespace minnow;
using namespace minnow::test;

namespace {

/// A network whose convolutions have one channel and maps of one pixel.
template <class Scheme>
struct of_one_pixel : model<image<1, 1, 1>, conv<1, scheme<real, sign>>, batch_norm, conv<1, Scheme>, batch_norm,
                            dense<2, Scheme>, batch_norm> {};

template <class Scheme>
struct of_floats : model<image<2, 4, 4>, conv<3, scheme<real, typename Scheme::weights>>, batch_norm, conv<4, Scheme>,
                         max_pool<2>, batch_norm, dense<2, Scheme>> {};

/// Returns a network that is trained on `count` images. Number k of all images together is value(k).
template <class Model, class Value>
network<Model, aqe> trained_on(int count, Value&& value) {
  dataset<float> data;
  data.dimensions = layer_graph<Model>::input;
  for (int k = 0; k < count * layer_graph<Model>::input.size(); ++k) data.images.push_back(value(k));
  for (int n = 0; n < count; ++n) data.labels.push_back(n % 2);
  network<Model, aqe> net{seed{1}};
  (void)fit(net, data, adam{.rate = 1e-2f}, constant{0.5f}, {.epochs = 2, .batch = 4, .batch_norm_batches = 2});
  return net;
}

}  // namespace

TEST_SUITE("agreement/misbehaving") {
  TEST_CASE_TEMPLATE("one image of one pixel and one channel; constant images; subnormal and huge ones", Scheme,
                     minw<1, 1>, minw<2, 3>, scheme<integer<8>, integer<4, per_channel>>, minw<16, 16>) {
    auto single = trained_on<of_one_pixel<Scheme>>(1, [](int) { return 0.5f; });
    check_agreement<float>(single);
    auto same = trained_on<of_floats<Scheme>>(6, [](int) { return 1.0f; });
    check_agreement<float>(same);
    auto zero = trained_on<of_floats<Scheme>>(6, [](int) { return 0.0f; });
    check_agreement<float>(zero);
    auto subnormal = trained_on<of_floats<Scheme>>(6, [](int k) { return static_cast<float>(k % 7 - 3) * 0x1p-140f; });
    check_agreement<float>(subnormal);
    auto huge = trained_on<of_floats<Scheme>>(6, [](int k) { return static_cast<float>(k % 7 - 3) * 1e15f; });
    check_agreement<float>(huge);
  }

  TEST_CASE_TEMPLATE("weights of zeros, and an image that is not a number: the same logits every time", Scheme,
                     minw<1, 1>, minw<2, 3>, scheme<integer<8>, integer<4, per_channel>>, minw<16, 16>) {
    auto net = trained_on<of_floats<Scheme>>(6, [](int k) { return static_cast<float>(k % 5); });
    net.parameters([](std::string_view, const parameter& p) {
      if (p.name == "weights") std::fill(p.value.begin(), p.value.end(), 0.0f);
    });
    check_agreement<float>(net);

    auto other = trained_on<of_floats<Scheme>>(6, [](int k) { return static_cast<float>(k % 5); });
    const auto small = pack(other);
    using limits = std::numeric_limits<float>;
    for (const float odd : {limits::quiet_NaN(), -limits::quiet_NaN(), limits::infinity(), -limits::infinity(),
                            limits::max(), limits::denorm_min()}) {
      const std::vector<float> images(2 * 32, odd);
      const auto first = small.run(std::span<const float>(images)), second = small.run(std::span<const float>(images));
      REQUIRE(first.size() == 4);
      for (std::size_t i = 0; i < 4; ++i)
        CHECK((first[i] == second[i] || (std::isnan(first[i]) && std::isnan(second[i]))));
    }
  }
}
