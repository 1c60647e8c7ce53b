#include <minnow/train/layers/quantize.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <minnow/core/parallel.hpp>
#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/quantize/scheme.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

constexpr float alphas[] = {0.0f, 0.3f, 0.5f, 1.0f};

/// Compares the layer with share · h(a) + (1 - share) · clip(a) in double precision, where a is the input, h(a) is the
/// quantized input, and share is the quantized fraction. A share of 1 must give h(a) exactly.
template <class Q, class Estimator>
void check_blend(const std::vector<float>& x) {
  CAPTURE(Q::name().c_str());
  CAPTURE(Estimator::name().c_str());
  for (const float alpha : alphas) {
    CAPTURE(alpha);
    test::single_layer<quantize<Q>, Estimator> one({1, 1, static_cast<int>(x.size())}, 1);
    const auto out = one.forward(x, {.mode = mode::train, .alpha = alpha});
    typename Q::state s{};
    REQUIRE(Q::observe(s, x, role::inputs));
    const double end = static_cast<double>(Q::range(s).high);
    const double share = std::is_same_v<Estimator, ste> ? 1.0 : static_cast<double>(alpha);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto a = static_cast<double>(x[i]);
      const double h = static_cast<double>(Q::code(x[i], s) * Q::scale(s));
      const double expected = share * h + (1 - share) * std::clamp(a, -end, end);
      CAPTURE(a);
      // There are four roundings: of 1 - share, of the two products, and of their sum.
      CHECK(std::abs(static_cast<double>(out[i]) - expected) <= (share == 1 ? 0 : 4 * 0x1p-24 * end));
    }
  }
}

template <class Q>
void check_blends(const std::vector<float>& x) {
  check_blend<Q, ste>(x);
  check_blend<Q, aqe>(x);
  check_blend<Q, aqe_expected>(x);
  check_blend<Q, alpha_blend>(x);
}

std::vector<float> inputs() {
  auto x = test::uniform(67, 1, -1.75f, 1.75f);
  for (const float v : {-1.0f, -0.75f, -0.5f, -0.25f, -0.0f, 0.0f, 0.25f, 0.5f, 0.75f, 1.0f, 40.0f}) x.push_back(v);
  return x;
}

/// A quantizer with the levels ±1/3 and ±1. Its `code` takes single floats, not SIMD vectors.
struct four_levels : quantizer_base {
  static constexpr text name() { return "four_levels"; }
  static constexpr int bits = 2;
  static constexpr int max_code = 3;
  static float code(float x, const state&) {
    return x > 0 ? (x > 2.0f / 3 ? 3.0f : 1.0f) : (x < -2.0f / 3 ? -3.0f : -1.0f);
  }
  static constexpr float scale(const state&) { return 1.0f / 3; }
};

double mean(const std::vector<float>& x) {
  double sum = 0;
  for (const float v : x) sum += static_cast<double>(v);
  return sum / static_cast<double>(x.size());
}

}  // namespace

TEST_SUITE("train/layers/quantize") {
  TEST_CASE("forward is the share of the quantized value and the rest of the clipped one") {
    check_blends<sign>(inputs());
    check_blends<ternary<>>(inputs());
    check_blends<power_of_two<3>>(inputs());
    check_blends<integer<4>>(inputs());
    check_blends<integer<8>>(inputs());
    check_blends<four_levels>(inputs());
  }

  TEST_CASE("real and half inputs are what they are at every alpha, clipped if told to") {
    const auto x = inputs();
    for (const float alpha : alphas) {
      const auto run = [&]<class Q>(Q) {
        test::single_layer<quantize<Q>, aqe> one({1, 1, static_cast<int>(x.size())}, 1);
        return one.forward(x, {.mode = mode::train, .alpha = alpha});
      };
      const auto as_real = run(real{});
      const auto as_half = run(half{});
      const auto clipped_real = run(clipped<real>{});
      const auto clipped_half = run(clipped<half>{});
      for (std::size_t i = 0; i < x.size(); ++i) {
        CHECK(as_real[i] == x[i]);
        CHECK(as_half[i] == round_to_half(x[i]));
        CHECK(clipped_real[i] == std::clamp(x[i], -1.0f, 1.0f));
        CHECK(clipped_half[i] == round_to_half(std::clamp(x[i], -1.0f, 1.0f)));
      }
    }
  }

  TEST_CASE("before a product codes leave at share 1, with their scale, and values otherwise") {
    const auto x = inputs();
    const shape in{1, 1, static_cast<int>(x.size())};
    test::single_layer<quantize<power_of_two<3>>, aqe> one(in, 1, wiring<>{.feeds_codes = true});
    const auto codes = one.forward(x, {.mode = mode::train, .alpha = 1});
    CHECK(one.out().scale == 0.25f);
    CHECK(one.out().max_code == 4);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(codes[i] == power_of_two<3>::code(x[i], {}));

    one.forward(x, {.mode = mode::train, .alpha = 0.5f});
    CHECK(one.out().scale == 1);
    CHECK(one.out().max_code == 0);

    test::single_layer<quantize<power_of_two<3>>, aqe> before_others(in, 1);
    const auto values = before_others.forward(x, {.mode = mode::train, .alpha = 1});
    CHECK(before_others.out().scale == 1);
    CHECK(before_others.out().max_code == 0);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(values[i] == 0.25f * codes[i]);
  }

  TEST_CASE("pixels leave as the odd integers of their bytes at every alpha") {
    std::vector<float> bytes(256);
    for (std::size_t p = 0; p < 256; ++p) bytes[p] = static_cast<float>(p);
    test::single_layer<quantize<pixels>, aqe> one({16, 16, 1}, 1, wiring<>{.feeds_codes = true});
    for (const float alpha : alphas) {
      const auto out = one.forward(bytes, {.mode = mode::train, .alpha = alpha});
      for (int p = 0; p < 256; ++p) CHECK(out[static_cast<std::size_t>(p)] == static_cast<float>(2 * p - 255));
      CHECK(one.out().scale == 1.0f / 255);
      CHECK(one.out().max_code == 255);
    }
  }

  TEST_CASE("an integer scale is measured on the first batch, then follows by a hundredth") {
    test::single_layer<quantize<integer<8>>, ste> one({1, 1, 64}, 1);
    for (std::uint64_t step = 0; step < 4; ++step) {
      const auto x = test::uniform(64, step, -1.0f - static_cast<float>(step), 1);
      const float before = one.layer.state().g;
      one.forward(x);
      const double after = one.layer.state().g;
      // The moving average is rounded three times, which the division by 0.01 multiplies by 100.
      const double g = step == 0 ? after : (after - 0.99 * static_cast<double>(before)) / 0.01;
      CHECK(std::abs(static_cast<double>(ppq(x, 8, static_cast<float>(g), 1)) - g) <= (1e-3 + 300 * 0x1p-24) * 2 * g);
    }
  }

  TEST_CASE("an integer scale stands still at evaluation, while settling, and between two quantizations") {
    test::single_layer<quantize<integer<8>>, ste> one({1, 1, 64}, 1);
    one.forward(test::uniform(64, 1));
    const float g = one.layer.state().g;
    REQUIRE(g > 0);
    const auto wide = test::uniform(64, 2, -9, 9);
    one.forward(wide, {.mode = mode::evaluate});
    CHECK(one.layer.state().g == g);
    one.forward(wide, {.mode = mode::reestimate});
    CHECK(one.layer.state().g == g);
    one.forward(wide, {.mode = mode::train, .requantize = false});
    CHECK(one.layer.state().g == g);
    one.forward(wide);
    CHECK(one.layer.state().g > g);
  }

  TEST_CASE("integer inputs with a NaN or an infinity are refused with the layer's path") {
    for (const float bad : {std::nanf(""), HUGE_VALF}) {
      test::single_layer<quantize<integer<4>>, ste> one({1, 1, 3}, 1);
      CHECK_THROWS_WITH_AS(one.forward({1, bad, 2}, {.mode = mode::train, .layer = "3.inputs"}),
                           "layer 3.inputs: the inputs of integer<4> hold a NaN or an infinity", minnow::error);
    }
  }

  TEST_CASE("its state is an array of floats for files; a quantizer without one has none") {
    test::single_layer<quantize<integer<8>>, ste> one({1, 1, 64}, 1);
    one.forward(test::uniform(64, 1));
    int arrays = 0;
    one.layer.arrays([&](std::string_view name, std::span<float> values) {
      ++arrays;
      CHECK(name == "state");
      REQUIRE(values.size() == 1);
      CHECK(values[0] == one.layer.state().g);
      values[0] = 0.125f;
    });
    CHECK(arrays == 1);
    CHECK(one.layer.state().g == 0.125f);
    trainable<quantize<sign>, ste>({1, 1, 1}).arrays([&](std::string_view, std::span<float>) { ++arrays; });
    CHECK(arrays == 1);
  }
}

TEST_SUITE("train/layers/quantize: noise of aqe_stochastic") {
  constexpr int count = 200000;
  constexpr shape wide{1, 1, count};

  TEST_CASE("the mean of sign(a - z) is a, and that of the blended value is clip(a)") {
    // The noise z is uniform on [-1, 1), so sign(a - z) is 1 with the probability (1 + a) / 2. Its standard deviation
    // is sqrt(1 - a^2).
    test::single_layer<quantize<sign>, aqe_stochastic> one(wide, 1);
    const pass p{.mode = mode::train, .alpha = 0.5f, .noise = minnow::random(seed{7})};
    for (const float a : {-1.5f, -1.0f, -0.8f, -0.3f, 0.0f, 0.1f, 0.6f, 1.0f, 2.0f}) {
      CAPTURE(a);
      const auto out = one.forward(std::vector<float>(count, a), p);
      const double clip = std::clamp(static_cast<double>(a), -1.0, 1.0);
      const double deviation = 0.5 * std::sqrt(1 - clip * clip);
      CHECK(std::abs(mean(out) - clip) <= 4 * deviation / std::sqrt(count) + 1e-6);
      // At alpha 1/2, half of the output is the random sign, ±1. So the output takes two values that differ by 1,
      // unless |a| >= 1.
      CHECK((*std::max_element(out.begin(), out.end()) - *std::min_element(out.begin(), out.end()) > 0.5f) ==
            (std::abs(a) < 1));
    }
  }

  TEST_CASE("neighboring elements draw independently") {
    test::single_layer<quantize<sign>, aqe_stochastic> one(wide, 1);
    const auto out = one.forward(std::vector<float>(count, 0), {.mode = mode::train, .noise = minnow::random(seed{8})});
    for (const std::size_t distance : {1, 2, 8, 16, 784}) {
      double correlation = 0;
      for (std::size_t i = distance; i < out.size(); ++i)
        correlation += static_cast<double>(out[i] * out[i - distance]);
      CAPTURE(distance);
      CHECK(std::abs(correlation / count) <= 4 / std::sqrt(count));
    }
  }

  TEST_CASE("another stream is another noise, the same stream the same") {
    test::single_layer<quantize<sign>, aqe_stochastic> one(wide, 1);
    const std::vector<float> x(count, 0.25f);
    const auto draw = [&](std::uint64_t s) {
      return one.forward(x, {.mode = mode::train, .noise = minnow::random(seed{s})});
    };
    const auto first = draw(1);
    CHECK(draw(1) == first);
    CHECK(draw(2) != first);
  }

  TEST_CASE("does not depend on the number of threads") {
    test::single_layer<quantize<sign>, aqe_stochastic> one(wide, 1);
    const std::vector<float> x(count, 0.25f);
    const pass p{.mode = mode::train, .alpha = 0.5f, .noise = minnow::random(seed{1})};
    set_threads(1);
    const auto alone = one.forward(x, p);
    set_threads(2);
    const auto together = one.forward(x, p);
    set_threads(0);
    CHECK(alone == together);
  }

  TEST_CASE("z is 0 at evaluation and while settling") {
    const auto x = test::uniform(1000, 3, -1.5f, 1.5f);
    test::single_layer<quantize<sign>, aqe_stochastic> one({1, 1, 1000}, 1);
    test::single_layer<quantize<sign>, aqe> without({1, 1, 1000}, 1);
    for (const float alpha : alphas)
      for (const mode m : {mode::evaluate, mode::reestimate}) {
        const pass p{.mode = m, .alpha = alpha, .noise = minnow::random(seed{1})};
        CHECK(one.forward(x, p) == without.forward(x, p));
      }
    const pass training{.mode = mode::train, .alpha = 0.5f, .noise = minnow::random(seed{1})};
    CHECK(one.forward(x, training) != without.forward(x, training));
  }
}
