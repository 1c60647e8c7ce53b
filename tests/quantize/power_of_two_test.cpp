#include <minnow/quantize/power_of_two.hpp>

#include <doctest/doctest.h>

#include <array>
#include <set>

#include <minnow/quantize/properties.hpp>
#include <minnow/quantize/ternary.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<power_of_two<2>> && quantizer<power_of_two<3>> && quantizer<power_of_two<4>>);
static_assert(power_of_two<3>::storage == encoding::power_of_two);
static_assert(power_of_two<3>::clips_weights && power_of_two<3>::uniform_init);
static_assert(power_of_two<2>::max_code == 1 && power_of_two<3>::max_code == 4 && power_of_two<4>::max_code == 64);
static_assert(power_of_two<2>::thresholds == std::array{0.5f});
static_assert(power_of_two<3>::thresholds == std::array{0.75f, 0.375f, 0.125f});
static_assert(power_of_two<4>::thresholds == std::array{.75f, .375f, .1875f, .09375f, .046875f, .0234375f, .0078125f});

namespace {

/// Thresholds that are not midway between the levels, some close to a level.
struct skewed {
  static constexpr text name() { return "skewed"; }
  template <int Q>
  static constexpr std::array<float, Q> value = {0.999f, 0.26f, 0.01f};
};
static_assert(quantizer<power_of_two<3, skewed>>);

// Computes Chen et al. 2020, Eq. 22, with the thresholds d[0] = D_1 > … > d[q-1] = D_q.
double formula(double x, const std::vector<double>& d) {
  const int q = static_cast<int>(d.size());
  const double magnitude = std::abs(x);
  if (magnitude <= d[q - 1]) return 0;
  for (int p = q - 1; p >= 1; --p)
    if (d[p] < magnitude && magnitude <= d[p - 1]) return std::copysign(std::pow(2.0, -p), x);
  return std::copysign(1.0, x);
}

// Returns the midpoints between the neighboring levels 1, 1/2, …, 2^-(q-1) and 0 as thresholds: D_p = 3 · 2^-(p+1) for
// p < q, and D_q = 2^-q.
std::vector<double> midpoints_of(int bits) {
  const int q = (1 << (bits - 1)) - 1;
  std::vector<double> d;
  for (int p = 1; p < q; ++p) d.push_back(3 * std::pow(2.0, -(p + 1)));
  d.push_back(std::pow(2.0, -q));
  return d;
}

template <class Quantizer>
void check_thresholds(const std::vector<double>& d) {
  const auto xs = test::values(std::vector<float>(d.begin(), d.end()));
  const auto h = [](float x) { return quantized<Quantizer>(x, {}); };
  CHECK(test::difference(xs, h, [&](double x) { return formula(x, d); }) == "");
  CHECK(test::lane_difference(test::with_nan(xs), [](auto x) { return Quantizer::code(x, {}); }) == "");
  CHECK(Quantizer::code(test::nan, {}) == 0);
}

}  // namespace

TEST_SUITE("quantize/power_of_two") {
  TEST_CASE("follows Eq. 22 with thresholds at the midpoints") {
    check_thresholds<power_of_two<2>>(midpoints_of(2));
    check_thresholds<power_of_two<3>>(midpoints_of(3));
    check_thresholds<power_of_two<4>>(midpoints_of(4));
  }

  TEST_CASE("follows Eq. 22 with a list of one's own") {
    check_thresholds<power_of_two<3, skewed>>({0.999f, 0.26f, 0.01f});
  }

  TEST_CASE("a threshold belongs to the level below it") {
    using q = power_of_two<3>;
    CHECK(quantized<q>(0.125f, {}) == 0);
    CHECK(quantized<q>(0.375f, {}) == 0.25f);
    CHECK(quantized<q>(0.75f, {}) == 0.5f);
    CHECK(quantized<q>(std::nextafter(0.75f, 1.0f), {}) == 1);
    CHECK(quantized<q>(-0.375f, {}) == -0.25f);
  }

  TEST_CASE("3 bits have the levels 0, ±1/4, ±1/2, ±1") {
    std::set<float> levels;
    for (const float x : test::values()) levels.insert(quantized<power_of_two<3>>(x, {}));
    CHECK(levels == std::set<float>{-1, -0.5f, -0.25f, 0, 0.25f, 0.5f, 1});
  }

  TEST_CASE("codes are 0 and signed powers of two up to the limit") {
    std::set<float> codes;
    for (const float x : test::values()) codes.insert(power_of_two<4>::code(x, {}));
    CHECK(codes == std::set<float>{-64, -32, -16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 32, 64});
  }

  TEST_CASE("every level is its own quantized value") {
    for (const float level : {0.0f, 1 / 64.0f, 1 / 32.0f, 1 / 16.0f, 0.125f, 0.25f, 0.5f, 1.0f})
      for (const float x : {level, -level}) CHECK(quantized<power_of_two<4>>(x, {}) == x);
  }

  TEST_CASE("2 bits equal ternary everywhere") {
    const auto two_bits = [](float x) { return quantized<power_of_two<2>>(x, {}); };
    CHECK(test::difference(test::with_nan(test::values({0.5f})), two_bits,
                           [](double x) { return quantized<ternary<>>(static_cast<float>(x), {}); }) == "");
  }

  TEST_CASE("has stable names, one for each list of thresholds") {
    CHECK(power_of_two<3>::name().view() == "power_of_two<3>");
    CHECK(power_of_two<4>::name().view() == "power_of_two<4>");
    CHECK(power_of_two<3, skewed>::name().view() == "power_of_two<3,skewed>");
  }
}
