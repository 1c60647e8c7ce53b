#include <minnow/firmware/exact_fma.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <minnow/core/random.hpp>

using minnow::detail::exact_fma;

namespace {

bool same_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

}  // namespace

TEST_SUITE("firmware/exact_fma") {
  TEST_CASE("rounds once, as the instruction does") {
    const minnow::random r(minnow::seed{1});
    int twice = 0;
    for (std::uint64_t i = 0; i < 3'000'000; ++i) {
      const auto bits = [&](std::uint64_t k) { return static_cast<std::uint32_t>(r.at(3 * i + k)); };
      // A third of the cases use arbitrary bit patterns. In another third, x * y and z have similar magnitudes, so that
      // the sum may cancel. In the last third, x * y has 25 or 26 significant bits and may be exactly halfway between two
      // floats, and z is small.
      const auto number = [&](std::uint64_t k) {
        if (i % 3 == 0) return std::bit_cast<float>(bits(k));
        if (i % 3 == 1) return std::bit_cast<float>((bits(k) & 0x807fffffu) | (120u + bits(k + 3) % 15u) << 23);
        if (k < 2) return std::bit_cast<float>((bits(k) & 0x807ff800u) | (127u + bits(k) % 3u) << 23);
        return std::bit_cast<float>((bits(k) & 0x807fffffu) | (97u - bits(k) % 60u) << 23);
      };
      const float x = number(0), y = number(1), z = number(2), expected = std::fma(x, y, z);
      if (!same_bits(exact_fma(x, y, z), expected)) {
        CAPTURE(x);
        CAPTURE(y);
        CAPTURE(z);
        CHECK(exact_fma(x, y, z) == expected);
      }
      twice += !same_bits(static_cast<float>(static_cast<double>(x) * static_cast<double>(y) + static_cast<double>(z)),
                          expected);
    }
    CHECK(twice > 0);  // fails if rounding twice, to double and to float, is always right
  }
  TEST_CASE("zeros, infinities, the middle of two floats, subnormal results") {
    constexpr float least = std::numeric_limits<float>::denorm_min(), inf = std::numeric_limits<float>::infinity();
    CHECK(same_bits(exact_fma(1, -0.0f, -0.0f), -0.0f));
    CHECK(same_bits(exact_fma(1, 1, -1), 0.0f));
    CHECK(same_bits(exact_fma(inf, 1, -inf), std::numeric_limits<float>::quiet_NaN()));
    CHECK(exact_fma(3e38f, 3e38f, 0) == inf);
    CHECK(exact_fma(1, 1 + 0x1p-23f, 0x1p-24f) == std::fma(1.0f, 1 + 0x1p-23f, 0x1p-24f));
    CHECK(exact_fma(0x1p-24f, 1 + 0x1p-23f, 1) == std::fma(0x1p-24f, 1 + 0x1p-23f, 1.0f));
    CHECK(exact_fma(least, 0.5f, 0) == std::fma(least, 0.5f, 0.0f));
    CHECK(exact_fma(0x1.000002p-75f, 0x1p-74f, 0) == std::fma(0x1.000002p-75f, 0x1p-74f, 0.0f));
  }
}
