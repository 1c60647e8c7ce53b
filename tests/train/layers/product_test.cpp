#include <minnow/train/layers/product.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/depthwise_conv.hpp>

#include "coded.hpp"
#include "reference_convolution.hpp"
#include "single_layer.hpp"

using namespace minnow;

namespace {

using test::coded;

/// Compares the layer with a product in double precision. The weights of the product are share · h(w) + (1 - share) ·
/// w, where h(w) is the quantized weight and share is the quantized fraction.
template <class Q, class Estimator>
void check_blend() {
  CAPTURE(Q::name().c_str());
  CAPTURE(Estimator::name().c_str());
  using layer = conv<5, Q, kernel<3, 2>>;
  const shape in{4, 5, 3};
  const geometry g = layer::over(in);
  constexpr int images = 2;
  const auto x = test::uniform(images * in.size(), 1);
  const auto w = test::uniform(g.weights(), 2);
  const coded<Q> q(w, g.out.channels);
  for (const float alpha : {0.0f, 0.3f, 0.5f, 1.0f}) {
    CAPTURE(alpha);
    test::single_layer<layer, Estimator> one(in, images);
    one.set("weights", w);
    const auto out = one.forward(x, {.mode = mode::train, .alpha = alpha});
    const double share = std::is_same_v<Estimator, ste> ? 1.0 : static_cast<double>(alpha);
    std::vector<double> blended(w.size());
    std::vector<double> blended_magnitudes(w.size());
    for (std::size_t k = 0; k < w.size(); ++k) {
      const double h = q.codes[k] * static_cast<double>(q.scales[k / index(g.inputs())]);
      blended[k] = share * h + (1 - share) * static_cast<double>(w[k]);
      blended_magnitudes[k] = std::abs(share * h) + (1 - share) * std::abs(static_cast<double>(w[k]));
    }
    const auto sums = test::convolve<double>(g, images, x, blended);
    std::vector<double> magnitudes(sums.size());
    test::for_each_product(g, images, [&](std::size_t o, std::size_t i, std::size_t k) {
      magnitudes[o] += std::abs(static_cast<double>(x[i])) * blended_magnitudes[k];
    });
    REQUIRE(out.size() == sums.size());
    // The bound allows for K = 18 roundings of a sum, and for four roundings of a blended weight.
    for (std::size_t i = 0; i < sums.size(); ++i)
      CHECK(std::abs(static_cast<double>(out[i]) - sums[i]) <= (18 + 4) * 0x1p-24 * magnitudes[i]);
  }
}

/// Returns the smallest and the largest of 40,000 initial weights.
template <class Layer>
std::pair<float, float> start_of(shape in, initializer how) {
  trainable<Layer, ste> layer(in);
  layer.start(minnow::random(seed{9}), how);
  const auto& w = layer.weights();
  double sum = 0;
  for (const float v : w) sum += static_cast<double>(v);
  const auto [low, high] = std::minmax_element(w.begin(), w.end());
  // The weights are uniform on ±high, so the mean of n weights has a standard deviation of high / sqrt(3 n).
  CHECK(std::abs(sum / static_cast<double>(w.size())) <=
        4 * static_cast<double>(*high) / std::sqrt(3.0 * static_cast<double>(w.size())));
  return {*low, *high};
}

/// Checks that the initial weights fill the range ±limit: none is outside, and the smallest and the largest are within
/// 0.1 % of its ends.
template <class Layer>
void check_start(shape in, double limit, initializer how = initializer::by_quantizer) {
  CAPTURE(Layer::name().c_str());
  const auto [low, high] = start_of<Layer>(in, how);
  CHECK(static_cast<double>(high) <= limit * (1 + 0x1p-22));
  CHECK(static_cast<double>(low) >= -limit * (1 + 0x1p-22));
  CHECK(static_cast<double>(high) >= 0.999 * limit);
  CHECK(static_cast<double>(low) <= -0.999 * limit);
}

}  // namespace

TEST_SUITE("train/layers/product") {
  TEST_CASE("a convolution of groups is its groups side by side, bit for bit for any number of threads") {
    const shape in{6, 5, 40};
    const auto x = test::uniform(3 * in.size(), 1);
    const auto check = [&]<class Layer>(Layer) {
      const auto w = test::uniform(Layer::over(in).weights(), 2);
      const auto r = test::uniform(3 * Layer::over(in).out.size(), 3);
      test::single_layer<Layer> one(in, 3);
      one.set("weights", w);
      std::vector<std::vector<float>> results;
      for (const int count : {1, 2, 3}) {
        set_threads(count);
        results.push_back(one.forward(x));
        results.push_back(one.backward(r));
        results.push_back(one.gradients().at("weights"));
      }
      set_threads(0);
      for (std::size_t i = 3; i < results.size(); ++i) CHECK(results[i] == results[i % 3]);
    };
    check(depthwise_conv<>{});
    check(conv<20, real, groups<2>>{});
  }

  TEST_CASE("forward multiplies with the share of the quantized weights and the rest of the latent ones") {
    const auto check = []<class Q>(Q) {
      check_blend<Q, ste>();
      check_blend<Q, aqe>();
      check_blend<Q, aqe_expected>();
      check_blend<Q, alpha_blend>();
    };
    check(sign{});
    check(ternary<>{});
    check(ternary<mean_threshold<>>{});
    check(power_of_two<3>{});
    check(integer<4>{});
    check(integer<8, per_channel>{});
  }

  TEST_CASE("half and real weights are what they are at every alpha") {
    const auto w = test::uniform(6, 1);
    const std::vector<float> one_at_a_time{1, 0, 0, 0, 1, 0, 0, 0, 1};
    const auto values = [&]<class Q>(Q, float alpha) {
      test::single_layer<dense<2, Q>, alpha_blend> one({1, 1, 3}, 3);
      one.set("weights", w);
      return one.forward(one_at_a_time, {.mode = mode::train, .alpha = alpha});
    };
    for (const float alpha : {0.0f, 0.5f, 1.0f})
      for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t f = 0; f < 2; ++f) {
          CHECK(values(real{}, alpha)[2 * k + f] == w[3 * f + k]);
          CHECK(values(half{}, alpha)[2 * k + f] == round_to_half(w[3 * f + k]));
        }
  }

  TEST_CASE("8 x 8 bits stay exact where a float's 24 bits end") {
    // A float cannot represent odd numbers above 2^24, so odd float sums would be rounded there. 127 * 127 * 1041 is
    // the first multiple of 127 * 127 above 2^24.
    static_assert(127 * 127 * 1040 < (1 << 24) && 127 * 127 * 1041 > (1 << 24));
    const auto check = []<class Layer>(Layer, shape in) {
      const geometry g = Layer::over(in);
      test::single_layer<Layer, ste> one(in, 2, wiring<integer<8>>{});
      std::vector<int> w(static_cast<std::size_t>(g.weights()));
      std::vector<int> x(2 * static_cast<std::size_t>(in.size()));
      // Nearly all codes are at the limit, so that sums reach 17 million and more.
      for (std::size_t i = 0; i < w.size(); ++i) w[i] = i % 11 == 3 ? 126 : 127;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 13 == 5 ? 125 : 127;
      one.set("weights", {w.begin(), w.end()});  // the scale is 1: all weights are integers, the largest 127
      one.in().max_code = 127;
      one.in().scale = 0.5f;
      const auto out = one.forward({x.begin(), x.end()}, {.mode = mode::evaluate});
      REQUIRE(one.layer.quantize("0").scale(0) == 1);
      const auto sums = test::convolve<std::int64_t>(g, 2, x, w);
      CHECK(*std::max_element(sums.begin(), sums.end()) > (1 << 24));
      bool rounded_on_the_way = false;
      for (std::size_t i = 0; i < sums.size(); ++i) CHECK(out[i] == static_cast<float>(sums[i]) * 0.5f);
      float sum = 0;
      for (std::size_t k = 0; k < static_cast<std::size_t>(in.size()); ++k)
        sum += static_cast<float>(x[k] * w[k % w.size()]);
      std::vector<int> repeated(static_cast<std::size_t>(in.size()));
      for (std::size_t k = 0; k < repeated.size(); ++k) repeated[k] = w[k % w.size()];
      const std::vector<int> first_image(x.begin(), x.begin() + in.size());
      rounded_on_the_way = sum != static_cast<float>(test::convolve<std::int64_t>(dense_over({1, 1, in.size()}, 1), 1,
                                                                                  first_image, repeated)[0]);
      CHECK(rounded_on_the_way);
    };
    check(dense<3, integer<8>>{}, {1, 1, 1300});
    check(dense<2, integer<8>>{}, {1, 1, 4097});
    check(conv<3, integer<8>, stride<2>>{}, {5, 4, 125});
  }

  TEST_CASE("codes that an optimizer computes again, part by part, equal the codes of its weights") {
    test::single_layer<dense<7, ternary<>>, ste> one({1, 1, 33}, 1);
    const auto moved = test::uniform(7 * 33, 5);
    std::size_t parts = 0;
    one.layer.parameters([&](const parameter& p) {
      REQUIRE(p.requantize);
      std::copy(moved.begin(), moved.end(), p.value.begin());
      for (std::size_t first = 0; first < moved.size(); first += 100, ++parts)
        p.requantize(first, std::min<std::size_t>(100, moved.size() - first));
    });
    CHECK(parts == 3);
    // The forward pass keeps these codes, because requantize is false.
    const std::vector<float> x(33, 1.0f);
    const auto found = one.forward(x, {.mode = mode::train, .requantize = false});
    test::single_layer<dense<7, ternary<>>, ste> other({1, 1, 33}, 1);
    other.set("weights", moved);
    CHECK(found == other.forward(x));
    // The scale of this quantizer is measured on all weights, so its codes cannot be updated part by part.
    test::single_layer<dense<2, integer<8>>, ste> measured({1, 1, 3}, 1);
    measured.layer.parameters([](const parameter& p) { CHECK(!p.requantize); });
  }

  TEST_CASE("weights that have moved keep their codes until they are quantized again") {
    test::single_layer<dense<2, sign>, ste> one({1, 1, 3}, 1);
    one.set("weights", {.5f, .5f, .5f, .5f, .5f, .5f});
    const std::vector<float> x{1, 1, 1};
    const pass keep{.mode = mode::train, .requantize = false};
    CHECK(one.forward(x, keep) == std::vector<float>{3, 3});  // the first pass has no codes to keep
    one.set("weights", {-.5f, .5f, .5f, -.5f, -.5f, -.5f});
    CHECK(one.forward(x, keep) == std::vector<float>{3, 3});
    CHECK(one.forward(x, {.mode = mode::train}) == std::vector<float>{1, -3});
    one.set("weights", {.5f, .5f, .5f, .5f, .5f, .5f});
    // Evaluation quantizes the current weights. If requantize is false, it keeps the existing codes, so that evaluation
    // during a run does not change the run.
    CHECK(one.forward(x, {.mode = mode::evaluate, .requantize = false}) == std::vector<float>{1, -3});
    CHECK(one.forward(x, {.mode = mode::evaluate}) == std::vector<float>{3, 3});
  }

  TEST_CASE("the latent part of a blend is never kept") {
    test::single_layer<dense<1, sign>, aqe> one({1, 1, 1}, 1);
    one.set("weights", {.5f});
    one.forward({1}, {.mode = mode::train, .alpha = 0.5f});
    one.set("weights", {-.25f});
    CHECK(one.forward({1}, {.mode = mode::train, .alpha = 0.5f, .requantize = false}) ==
          std::vector<float>{0.5f - 0.125f});
  }

  TEST_CASE("an integer scale starts warm from the last one") {
    test::single_layer<dense<1, integer<3>>, ste> one({1, 1, 50}, 1);
    const auto w = test::uniform(50, 1, -0.2f, 0.2f);
    const auto moved = [&] {
      auto v = w;
      for (float& x : v) x *= 1.0625f;
      return v;
    }();
    one.set("weights", w);
    const float first = one.layer.quantize("0").scale(0);
    CHECK(first == ppq(w, 3));
    one.set("weights", moved);
    CHECK(one.layer.quantize("0").scale(0) == ppq(moved, 3, first));
  }

  TEST_CASE("arrays hold the scale that was measured on the weights, and carry it over") {
    // Measuring the scale again would change it, so neither reading nor copying the arrays may measure it again.
    const auto w = test::uniform(400, 1, -0.2f, 0.2f);
    const float measured = ppq(w, 4);
    REQUIRE(ppq(w, 4, measured) != measured);
    test::single_layer<dense<4, integer<4>>, ste> from({1, 1, 100}, 1);
    from.set("weights", w);
    const auto scale = [](auto& one) { return one.layer.quantize("0").scale(0); };
    std::vector<std::vector<float>> kept;
    const auto look = [&] {
      kept.clear();
      from.layer.arrays([&](std::string_view, std::span<float> v) { kept.emplace_back(v.begin(), v.end()); });
    };
    look();  // the arrays can be read before anything is measured
    REQUIRE(kept.size() == 2);
    CHECK((kept[0] == w));
    CHECK(kept[1] == std::vector<float>{measured});
    CHECK(scale(from) == measured);
    look();
    CHECK(scale(from) == measured);

    test::single_layer<dense<4, integer<4>>, ste> to({1, 1, 100}, 1);
    std::size_t at = 0;
    to.layer.arrays(
        [&](std::string_view, std::span<float> v) { std::copy_n(kept[at++].begin(), v.size(), v.begin()); });
    CHECK(scale(to) == measured);
    const auto x = test::uniform(100, 2);
    CHECK(to.forward(x, {.mode = mode::evaluate}) == from.forward(x, {.mode = mode::evaluate}));
  }

  TEST_CASE("arrays can be looked at where the weights hold a NaN") {
    test::single_layer<dense<1, integer<8>>, ste> one({1, 1, 2}, 1);
    one.set("weights", {1, std::nanf("")});
    int seen = 0;
    one.layer.arrays([&](std::string_view, std::span<float>) { ++seen; });
    CHECK(seen == 2);
  }

  TEST_CASE("integer weights with a NaN or an infinity are refused with the layer's path") {
    for (const float bad : {std::nanf(""), HUGE_VALF}) {
      test::single_layer<dense<1, integer<8>>, ste> one({1, 1, 2}, 1);
      one.set("weights", {1, bad});
      CHECK_THROWS_WITH_AS(one.forward({1, 1}, {.mode = mode::train, .layer = "2.0"}),
                           "layer 2.0: the weights hold a NaN or an infinity", minnow::error);
    }
  }

  TEST_CASE("set_weights takes weights of its own shape only") {
    trainable<conv<4>, ste> layer({5, 5, 3});
    const float_array<4> w({4, 3, 3, 3}, 0.5f);
    layer.set_weights(w);
    CHECK(layer.weights() == w);
    CHECK_THROWS_WITH_AS(layer.set_weights(float_array<4>({4, 3, 3, 2})),
                         "set_weights: expected (4, 3, 3, 3) weights, found (4, 3, 3, 2)", minnow::error);
  }

  TEST_CASE("its parameter tells the optimizer what it is") {
    const auto flags = []<class Q>(Q) {
      std::pair<bool, bool> result;
      trainable<dense<2, Q>, ste>({1, 1, 3}).parameters([&](const parameter& p) {
        CHECK(p.name == "weights");
        CHECK(p.value.size() == 6);
        CHECK(p.gradient.size() == 6);
        result = {p.bounded, p.quantized};
      });
      return result;
    };
    CHECK(flags(sign{}) == std::pair{true, true});
    CHECK(flags(ternary<>{}) == std::pair{true, true});
    CHECK(flags(power_of_two<3>{}) == std::pair{true, true});
    CHECK(flags(integer<8>{}) == std::pair{false, true});
    CHECK(flags(half{}) == std::pair{false, false});
    CHECK(flags(real{}) == std::pair{false, false});
  }
}

TEST_SUITE("train/layers/product: initial weights") {
  constexpr shape in{1, 1, 300};

  TEST_CASE("are Glorot's for sign, integer, half, real and a threshold that follows the weights") {
    const double limit = std::sqrt(6.0 / (300 + 150));
    check_start<dense<150, sign>>(in, limit);
    check_start<dense<150, integer<4>>>(in, limit);
    check_start<dense<150, integer<8, per_channel>>>(in, limit);
    check_start<dense<150, half>>(in, limit);
    check_start<dense<150, real>>(in, limit);
    check_start<dense<150, ternary<mean_threshold<>>>>(in, limit);
  }

  TEST_CASE("are uniform on (-1, 1) for fixed thresholds, which would swallow Glorot's") {
    check_start<dense<150, ternary<>>>(in, 1);
    check_start<dense<150, ternary<threshold<1, 3>>>>(in, 1);
    check_start<dense<150, power_of_two<3>>>(in, 1);
    check_start<dense<150, power_of_two<4>>>(in, 1);
  }

  TEST_CASE("count the window's elements on both sides of a convolution") {
    check_start<conv<64, sign, kernel<5, 3>>>({9, 9, 32}, std::sqrt(6.0 / (5 * 3 * 32 + 5 * 3 * 64)));
    check_start<conv<64, sign, kernel<5, 3>>>({9, 9, 32}, std::sqrt(6.0 / (5 * 3 * 32)), initializer::he);
  }

  TEST_CASE("can be told otherwise") {
    check_start<dense<150, sign>>(in, 1, initializer::wide);
    check_start<dense<150, sign>>(in, std::sqrt(6.0 / 300), initializer::he);
    check_start<dense<150, ternary<>>>(in, std::sqrt(6.0 / 450), initializer::glorot);
  }

  TEST_CASE("come from the seed alone") {
    const auto draw = [](std::uint64_t s) {
      trainable<dense<5, sign>, ste> layer({1, 1, 7});
      layer.start(minnow::random(seed{s}), initializer::by_quantizer);
      return layer.weights();
    };
    CHECK(draw(1) == draw(1));
    CHECK(draw(1) != draw(2));
  }
}
