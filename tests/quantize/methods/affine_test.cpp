#include <minnow/quantize/methods/affine.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(affine_quantizer<affine_integer<2>> && affine_quantizer<affine_integer<8>> &&
              state_floats<affine_integer<8>> == 2);
static_assert(affine_integer<8>::max_code == 255 && affine_integer<8>::min_code == 0 && affine_integer<8>::rounds);
static_assert(affine_integer<4>::storage == encoding::unsigned_nibble &&
              affine_integer<5>::storage == encoding::unsigned_byte);
static_assert(affine_integer<8>::supports(role::inputs) && !affine_integer<8>::supports(role::weights));
static_assert(symmetric_weights<8>::max_code == 127 && symmetric_weights<4, per_channel>::per_channel &&
              symmetric_weights<8>::supports(role::weights) && !symmetric_weights<8>::supports(role::inputs));
static_assert(affine_weights<7>::max_code == 126 && affine_weights<3>::max_code == 6 &&
              affine_weights<3>::storage == encoding::nibble && affine_weights<4>::storage == encoding::byte &&
              !affine_quantizer<affine_weights<4>>);
static_assert(affine_weights<4>::supports(role::weights) && !affine_weights<4>::supports(role::inputs) &&
              !affine_weights<4>::per_channel && affine_weights<4, per_channel>::per_channel);
static_assert(!affine_weights<4>::clips_weights && !affine_integer<8>::clips_weights &&
              !affine_integer<8>::uniform_init);

namespace affine_test {

/// The scale and the ends of the levels that TensorFlow's fake_quant_with_min_max_vars computes from a range, in double
/// precision.
struct nudged {
  double scale;
  double zero;
  double low;
  double high;

  nudged(double min_value, double max_value, double lowest, double highest)
      : scale((max_value - min_value) / (highest - lowest)) {
    const double from_min = lowest - min_value / scale;
    zero = from_min < lowest ? lowest : from_min > highest ? highest : std::round(from_min);
    low = (lowest - zero) * scale;
    high = (highest - zero) * scale;
  }
};

/// Ranges that contain 0, also at an end.
inline const std::vector<interval>& affine_ranges() {
  static const std::vector<interval> all{{-1, 3},     {0, 6},      {-2.5f, 0},      {-0.1f, 7.7f},    {-1.3f, 1.1f},
                                         {-1, 1e-3f}, {-1e-6f, 1}, {-1e38f, 1e38f}, {-5e-30f, 8e-30f}};
  return all;
}

/// Compares scale, zero point, range and codes of a quantizer with the formula.
template <class Q>
void check_levels(int lowest, int highest) {
  for (const interval& r : affine_ranges()) {
    const typename Q::state s{r.low, r.high};
    CAPTURE(r.low);
    CAPTURE(r.high);
    CAPTURE(highest);
    const nudged expected(static_cast<double>(r.low), static_cast<double>(r.high), lowest, highest);
    CHECK(static_cast<double>(Q::scale(s)) == doctest::Approx(expected.scale).epsilon(1e-7));
    CHECK(Q::zero_level(s) == static_cast<int>(expected.zero));
    CHECK(static_cast<double>(Q::range(s).low) == doctest::Approx(expected.low).epsilon(1e-6));
    CHECK(static_cast<double>(Q::range(s).high) == doctest::Approx(expected.high).epsilon(1e-6));
    // The quotient is rounded to a float first, as by all quantizers. Larger quotients are outside the levels.
    const float step = Q::scale(s);
    const double zero = Q::zero_level(s);
    const auto code = [&](float x) { return Q::code(x, s); };
    const std::vector<float> xs = test::values({step / 2, 1.5f * step, -2.5f * step, r.low, r.high});
    CHECK(test::difference(xs, code, [&](double x) {
            const double q = std::nearbyint(static_cast<double>(static_cast<float>(x) / step)) + zero;
            return std::clamp(q, static_cast<double>(lowest), static_cast<double>(highest)) - zero;
          }) == "");
    CHECK(test::lane_difference(test::with_nan(xs), [&](auto x) { return Q::code(x, s); }) == "");
    CHECK(Q::code(0.0f, s) == 0);
    CHECK(Q::code(test::nan, s) == static_cast<float>(lowest - zero));
    CHECK(never_falls<Q>(s));
    CHECK(is_sound<Q>(s));
  }
}

/// Scale, zero point and eight codes for a batch whose smallest and largest input are given.
struct expected_row {
  float smallest;
  float largest;
  float scale;
  int zero;
  int codes[8];
};
template <class Q>
void check_rows(const std::vector<expected_row>& rows) {
  constexpr float xs[] = {-3, -1.01f, -0.2f, 0, 0.3f, 1.77f, 5, 9};
  for (const expected_row& row : rows) {
    CAPTURE(row.smallest);
    CAPTURE(row.largest);
    typename Q::state s;
    REQUIRE(Q::observe(s, std::vector<float>{row.smallest, row.largest}, role::inputs));
    CHECK(Q::scale(s) == doctest::Approx(row.scale).epsilon(1e-6));
    CHECK(Q::zero(s) == row.zero);
    for (int i = 0; i < 8; ++i) CHECK(Q::code(xs[i], s) == static_cast<float>(row.codes[i]));
  }
}

template <class Q>
typename Q::state measured_range(const std::vector<float>& values, role r, typename Q::state s = {}) {
  REQUIRE(Q::observe(s, values, r));
  return s;
}

/// Combines the values of this process with the values of another one, whose largest numbers are given.
struct two_processes {
  std::vector<double> others;
  std::size_t calls = 0;

  double largest(double own) { return std::max(own, others[calls++]); }
};

/// Checks that NaN, infinity and signs of a state that no range has are refused or limited.
template <class Q>
void check_states() {
  typename Q::state s{-1, 2};
  const std::vector<float> bad[] = {{1, test::nan}, {test::infinity, 1}, {-test::infinity}};
  for (const auto& values : bad)
    for (const role r : {role::inputs, role::weights}) CHECK_FALSE(Q::observe(s, values, r));
  CHECK(s.low == -1);
  CHECK(s.high == 2);
  CHECK_FALSE(is_sound<Q>({0.5f, 2}));
  CHECK_FALSE(is_sound<Q>({-1, -0.5f}));
  CHECK_FALSE(is_sound<Q>({test::nan, 2}));
  CHECK_FALSE(is_sound<Q>({-1, test::infinity}));
  CHECK_FALSE(is_sound<Q>({-1, 2e38f}));
  CHECK(is_sound<Q>({}));
  // The values of the outermost levels of the largest numbers are finite.
  REQUIRE(Q::observe(s, std::vector<float>{-3e38f, 3e38f}, role::weights));
  CHECK(is_sound<Q>(s));
  CHECK(std::isfinite(Q::range(s).low));
  CHECK(std::isfinite(Q::range(s).high));
  typename Q::state wrong{0.5f, -2};
  Q::limit(wrong);
  CHECK(wrong.low == 0);
  CHECK(wrong.high == 0);
}

}  // namespace affine_test

using namespace affine_test;

TEST_SUITE("quantize/methods/affine") {
  TEST_CASE("scale, zero point, range and codes follow from the measured range") {
    // Jacob et al. 2018, Eq. 12 with section 3.1; TensorFlow's fake_quant_with_min_max_vars.
    check_levels<affine_integer<2>>(0, 3);
    check_levels<affine_integer<4>>(0, 15);
    check_levels<affine_integer<8>>(0, 255);
    // Weights do not use the lowest level.
    check_levels<affine_weights<2>>(1, 3);
    check_levels<affine_weights<4>>(1, 15);
    check_levels<affine_weights<7, per_channel>>(1, 127);
  }

  TEST_CASE("the levels are PyTorch's") {
    // From torch.ao.quantization.MovingAverageMinMaxObserver (quint8, per_tensor_affine) and
    // torch.fake_quantize_per_tensor_affine: the codes of -3, -1.01, -0.2, 0, 0.3, 1.77, 5 and 9.
    check_rows<affine_integer<2>>({{-1, 3, 1.33333337f, 1, {-1, -1, 0, 0, 0, 1, 2, 2}},
                                   {0.25f, 6, 2.0f, 0, {0, 0, 0, 0, 0, 1, 2, 3}},
                                   {-2.5f, -0.5f, 0.833333313f, 3, {-3, -1, 0, 0, 0, 0, 0, 0}},
                                   {-0.1f, 7.7f, 2.5999999f, 0, {0, 0, 0, 0, 0, 1, 2, 3}},
                                   {-1.3f, 1.1f, 0.800000012f, 2, {-2, -1, 0, 0, 0, 1, 1, 1}}});
    check_rows<affine_integer<4>>({{-1, 3, 0.266666681f, 4, {-4, -4, -1, 0, 1, 7, 11, 11}},
                                   {0.25f, 6, 0.400000006f, 0, {0, 0, 0, 0, 1, 4, 12, 15}},
                                   {-2.5f, -0.5f, 0.166666672f, 15, {-15, -6, -1, 0, 0, 0, 0, 0}},
                                   {-0.1f, 7.7f, 0.519999981f, 0, {0, 0, 0, 0, 1, 3, 10, 15}},
                                   {-1.3f, 1.1f, 0.160000011f, 8, {-8, -6, -1, 0, 2, 7, 7, 7}}});
    check_rows<affine_integer<8>>({{-1, 3, 0.0156862754f, 64, {-64, -64, -13, 0, 19, 113, 191, 191}},
                                   {0.25f, 6, 0.0235294122f, 0, {0, 0, 0, 0, 13, 75, 212, 255}},
                                   {-2.5f, -0.5f, 0.00980392192f, 255, {-255, -103, -20, 0, 0, 0, 0, 0}},
                                   {-0.1f, 7.7f, 0.0305882338f, 3, {-3, -3, -3, 0, 10, 58, 163, 252}},
                                   {-1.3f, 1.1f, 0.00941176526f, 138, {-138, -107, -21, 0, 32, 117, 117, 117}}});
  }

  TEST_CASE("the range of inputs is a moving average that starts from the first batch") {
    // As torch.ao.quantization.MovingAverageMinMaxObserver(averaging_constant=0.01), except that each batch's range is
    // extended to 0 before the average, as in TensorFlow, and not after it.
    using q = affine_integer<8>;
    q::state s;
    double low = -1, high = 2;
    s = measured_range<q>({-1, 2, 0.5f}, role::inputs);
    CHECK(s.low == -1);
    CHECK(s.high == 2);
    for (const auto& batch : {std::vector<float>{-3, 1}, {0.5f, 8}, {-0.5f, -0.25f}}) {
      s = measured_range<q>(batch, role::inputs, s);
      low = 0.99 * low + 0.01 * std::min(0.0, static_cast<double>(*std::min_element(batch.begin(), batch.end())));
      high = 0.99 * high + 0.01 * std::max(0.0, static_cast<double>(*std::max_element(batch.begin(), batch.end())));
      CHECK(static_cast<double>(s.low) == doctest::Approx(low).epsilon(1e-6));
      CHECK(static_cast<double>(s.high) == doctest::Approx(high).epsilon(1e-6));
    }
    // A calibration measures its first batch as weights are measured, without an average.
    s = measured_range<q>({-4, 5}, role::weights, s);
    CHECK(s.low == -4);
    CHECK(s.high == 5);
  }

  TEST_CASE("the range of weights is the current weights' range") {
    using q = affine_weights<4>;
    q::state s = measured_range<q>({-1, 2, 0.5f}, role::weights);
    s = measured_range<q>({-0.5f, 0.25f}, role::weights, s);
    CHECK(s.low == -0.5f);
    CHECK(s.high == 0.25f);
    for (const float w : {-0.5f, 0.25f}) CHECK(std::abs(q::code(w, s)) <= q::max_code);
    // Weights of one sign use all levels on this side of 0.
    s = measured_range<q>({0.5f, 1.5f}, role::weights, s);
    CHECK(q::code(1.5f, s) == q::max_code);
    s = measured_range<q>({-0.5f, -1.5f}, role::weights, s);
    CHECK(q::code(-1.5f, s) == -q::max_code);
  }

  TEST_CASE("a range of one sign is extended to 0; values that are all 0 have the code 0") {
    using q = affine_integer<8>;
    const q::state positive = measured_range<q>({2, 5}, role::inputs),
                   negative = measured_range<q>({-5, -2}, role::inputs);
    CHECK(positive.low == 0);
    CHECK(q::zero(positive) == 0);
    CHECK(negative.high == 0);
    CHECK(q::zero(negative) == 255);
    const q::state nothing = measured_range<q>({0, -0.0f}, role::inputs);
    CHECK(q::zero(nothing) == 0);
    for (const float x : {-3.0f, 0.0f, 7.0f, test::nan}) CHECK(q::code(x, nothing) == 0);
    CHECK(q::range(nothing).low == 0);
    CHECK(q::range(nothing).high == 0);
  }

  TEST_CASE("several processes measure the range of all their values") {
    using q = affine_integer<8>;
    q::state s;
    two_processes all{{4, 1}};
    REQUIRE(q::observe(s, std::vector<float>{-2, 3}, role::inputs, all));
    CHECK(s.low == -4);
    CHECK(s.high == 3);
    two_processes with_nan{{HUGE_VAL, HUGE_VAL}};
    CHECK_FALSE(q::observe(s, std::vector<float>{-2, 3}, role::inputs, with_nan));
  }

  TEST_CASE("NaN and infinities are not measured, and a state has a low end <= 0 <= high end") {
    check_states<affine_integer<8>>();
    check_states<affine_weights<4>>();
  }

  TEST_CASE_TEMPLATE("symmetric weights: the largest weight has the outermost code", q, symmetric_weights<2>,
                     symmetric_weights<4, per_channel>, symmetric_weights<8>) {
    typename q::state s;
    REQUIRE(q::observe(s, std::vector<float>{0.5f, -2.5f, 1.25f}, role::weights));
    const float step = q::scale(s);
    CHECK(static_cast<double>(step) == doctest::Approx(2.5 / q::max_code).epsilon(1e-7));
    CHECK(q::code(-2.5f, s) == -q::max_code);
    CHECK(q::code(2.5f, s) == q::max_code);
    const auto xs = test::values({step / 2, 1.5f * step, 2.5f});
    CHECK(test::difference(
              xs, [&](float x) { return q::code(x, s); },
              [&](double x) {
                return std::clamp(std::nearbyint(static_cast<double>(static_cast<float>(x) / step)),
                                  -static_cast<double>(q::max_code), static_cast<double>(q::max_code));
              }) == "");
    CHECK(test::lane_difference(test::with_nan(xs), [&](auto x) { return q::code(x, s); }) == "");
    CHECK(q::code(test::nan, s) == -q::max_code);
    // Each step measures the current weights: there is no average.
    REQUIRE(q::observe(s, std::vector<float>{0.5f, -0.25f}, role::weights));
    CHECK(s.largest == 0.5f);
    for (const float bad : {test::nan, test::infinity, -test::infinity})
      CHECK_FALSE(q::observe(s, std::vector<float>{1, bad}, role::weights));
    CHECK(s.largest == 0.5f);
    REQUIRE(q::observe(s, std::vector<float>{0, 0}, role::weights));
    CHECK(q::code(3.0f, s) == 0);
    CHECK_FALSE(is_sound<q>({-1}));
  }
}
