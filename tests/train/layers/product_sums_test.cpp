#include <minnow/train/layers/product.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/train/network.hpp>

#include "coded.hpp"
#include "reference_convolution.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using test::coded;

/// Checks that a network's sums at alpha 1 are integer sums that are multiplied once by the scale.
template <class Inputs, class Weights, class Layer = conv<7, scheme<Inputs, Weights>, kernel<3, 2>, stride<2, 1>>>
void check_sums(mode m = mode::evaluate) {
  CAPTURE(Inputs::name().c_str());
  CAPTURE(Weights::name().c_str());
  using net_model = model<image<3, 5, 6>, Layer>;
  network<net_model, aqe> net{seed{3}};
  constexpr int images = 3;
  const auto x = [&] {
    auto values = test::uniform(images * 90, 4, -1.2f, 1.2f);
    if (std::is_same_v<Inputs, pixels>)
      for (float& v : values) v = std::floor((v + 1.2f) * 106.0f);
    return values;
  }();
  std::copy(x.begin(), x.end(), net.prepare(images).begin());
  (void)net.forward({.mode = mode::train, .alpha = 0.25f});  // measures the scale of the inputs
  const auto z = net.forward({.mode = m, .alpha = 1});

  const auto& state = net.template layer<"0.inputs">().state();
  const auto& weights = net.template layer<"0">().weights();
  std::vector<int> in;
  for (const float v : x) in.push_back(static_cast<int>(Inputs::code(v, state)));
  const geometry g = net.template layer<"0">().window();
  const coded<Weights> w(std::vector<float>(weights.begin(), weights.end()), g.out.channels);
  const auto sums = test::convolve<std::int64_t>(g, images, in, w.codes);
  REQUIRE(z.size() == sums.size());
  CHECK(std::any_of(sums.begin(), sums.end(), [](std::int64_t s) { return s != 0; }));
  for (std::size_t i = 0; i < z.size(); ++i) {
    const float scale = Inputs::scale(state) * w.scales[i % w.scales.size()];
    CHECK(z[i] == static_cast<float>(sums[i]) * scale);
  }
}

}  // namespace

TEST_SUITE("train/layers/product_sums") {
  TEST_CASE("at alpha 1 sums of products are integers, scaled once") {
    check_sums<sign, sign>();
    check_sums<sign, ternary<>>();
    check_sums<ternary<>, sign>();
    check_sums<ternary<>, ternary<mean_threshold<>>>();
    check_sums<power_of_two<3>, power_of_two<3>>();
    check_sums<power_of_two<4>, sign>();
    check_sums<pixels, sign>();
    check_sums<pixels, ternary<>>();
    check_sums<pixels, power_of_two<3>>();
    check_sums<pixels, integer<8>>();
    check_sums<integer<8>, integer<4>>();
    check_sums<integer<4>, integer<4, per_channel>>();
    check_sums<integer<8>, integer<8, per_channel>>();
    check_sums<sign, integer<8>>();
  }

  TEST_CASE("they are integers in training too, and in dense layers") {
    check_sums<ternary<>, power_of_two<3>>(mode::train);
    check_sums<sign, sign, dense<9, scheme<sign, sign>>>();
    check_sums<pixels, sign, dense<9, scheme<pixels, sign>>>(mode::train);
  }

  TEST_CASE("they are integers in convolutions of groups and in depthwise ones") {
    using low = scheme<sign, ternary<>>;
    using bytes = scheme<pixels, integer<8, per_channel>>;
    check_sums<sign, ternary<>, depthwise_conv<low>>(mode::train);
    check_sums<sign, ternary<>, conv<6, low, groups<3>, stride<2>>>();
    check_sums<pixels, integer<8, per_channel>, depthwise_conv<bytes, kernel<5, 3>>>();
    check_sums<pixels, integer<8, per_channel>, conv<51, bytes, groups<3>>>(mode::train);
  }
}
