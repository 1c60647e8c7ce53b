#include <minnow/kernels/sink/fixed_codes.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

#include <minnow/core/random.hpp>

#include "kernels/fixed_point.hpp"

using namespace minnow;

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
        expected[c] = test::fixed_point_code(std::int64_t{multiplier} * sums[c] + offset, shift, low, high);
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
