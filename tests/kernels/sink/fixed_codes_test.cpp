#include <minnow/kernels/sink/fixed_codes.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <minnow/core/random.hpp>

using namespace minnow;

namespace {

/// The code by its definition, in floating point with 64 bits of mantissa or more.
std::int32_t defined_code(std::int32_t multiplier, std::int64_t offset, int shift, int low, int high,
                          std::int32_t sum) {
  const long double scaled =
      static_cast<long double>(multiplier) * static_cast<long double>(sum) + static_cast<long double>(offset);
  const long double code = std::floor(std::ldexp(scaled, -shift));
  return code < low ? low : code > high ? high : static_cast<std::int32_t>(code);
}

}  // namespace

TEST_SUITE("kernels/sink/fixed_codes") {
  TEST_CASE("codes in fixed point equal their definition, for small and large shifts") {
    minnow::random random{seed{11}};
    int different = 0;
    for (int n = 0; n < 2000; ++n) {
      kernels::fixed_constants_of_channel constants[16];
      std::int32_t sums[16], expected[16];
      const int count = 1 + random.below(16), least = n % 4 == 0 ? 0 : 32;
      for (int c = 0; c < count; ++c) {
        const auto multiplier = static_cast<std::int32_t>(random.next());
        const std::int64_t offset = static_cast<std::int64_t>(random.next()) >> (3 + random.below(30));
        const int shift = least + random.below(63 - least), low = -128 * random.below(2),
                  high = 127 + 128 * random.below(2);
        constants[c] = kernels::fixed_constants_of_channel::of(multiplier, offset, shift, low, high);
        sums[c] = static_cast<std::int32_t>(random.next()) >> random.below(20);
        expected[c] = defined_code(multiplier, offset, shift, low, high, sums[c]);
        different += constants[c].code(sums[c]) != expected[c];
      }
      std::byte codes[17];
      codes[count] = std::byte{77};
      kernels::fixed_codes(constants, sums, count, codes);
      for (int c = 0; c < count; ++c) different += codes[c] != static_cast<std::byte>(expected[c]);
      different += codes[count] != std::byte{77};
    }
    CHECK(different == 0);
  }
}
