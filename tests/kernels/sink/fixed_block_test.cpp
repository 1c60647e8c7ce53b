#include <minnow/kernels/sink/fixed_block.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>

#include <minnow/core/random.hpp>

#include "kernels/fixed_point.hpp"

using namespace minnow;

namespace {

/// A number whose magnitude is below 2^bits, where the number of bits is random up to `bits`.
std::int64_t number_below(minnow::random& r, int bits) {
  const int own = 1 + r.below(bits);
  std::int64_t n = 0;
  for (int k = 0; k < own; ++k) n = 2 * n + r.below(2);
  return r.below(2) == 0 ? n : -n;
}

template <class Arch>
void check_blocks(std::uint64_t draws, bool joins, bool is_unsigned) {
  minnow::random r(seed{draws});
  for (int trial = 0; trial < 2000; ++trial) {
    kernels::fixed_block b{};
    std::int32_t sums[kernels::block_filters];
    std::int8_t others[kernels::block_filters];
    int expected[kernels::block_filters];
    const int zero = r.below(3), count = trial % 2 == 0 ? kernels::block_filters : 1 + r.below(kernels::block_filters);
    for (int f = 0; f < kernels::block_filters; ++f) {
      const int p = kernels::fixed_block::place(f);
      b.multiplier[f] = static_cast<std::int32_t>(number_below(r, 31));
      b.offset[p] = number_below(r, 61);
      b.shift[p] = trial % 4 == 0 ? r.below(63) : 20 + r.below(30);
      b.low[p] = is_unsigned ? r.below(20) : -r.below(128);
      b.high[p] = b.low[p] + r.below(100);
      if (joins) b.other_multiplier[p] = number_below(r, 52);
      sums[f] = trial % 8 == 0   ? std::numeric_limits<std::int32_t>::min()
                : trial % 8 == 1 ? std::numeric_limits<std::int32_t>::max()
                                 : static_cast<std::int32_t>(number_below(r, 31));
      others[f] = static_cast<std::int8_t>(r.below(256) - 128);
      const int other = joins && f < count ? others[f] - zero : 0;
      const std::int64_t scaled = std::int64_t{b.multiplier[f]} * sums[f] + b.other_multiplier[p] * other + b.offset[p];
      expected[f] = test::fixed_point_code(scaled, static_cast<int>(b.shift[p]), static_cast<int>(b.low[p]),
                                           static_cast<int>(b.high[p]));
    }
    std::uint8_t codes[kernels::block_filters];
    kernels::fixed_codes<Arch>(b, sums, joins ? others : nullptr, count, zero, codes);
    for (int f = 0; f < kernels::block_filters; ++f) CHECK(codes[f] == static_cast<std::uint8_t>(expected[f]));
  }
}

}  // namespace

TEST_SUITE("kernels/sink/fixed_block") {
  TEST_CASE("the formula, on every architecture, to the bit") {
    std::uint64_t draws = 1;
    kernels::available_archs::for_each([&](auto arch) {
      CAPTURE(kernels::arch_name<decltype(arch)>());
      for (const bool joins : {false, true})
        for (const bool is_unsigned : {false, true}) check_blocks<decltype(arch)>(draws++, joins, is_unsigned);
    });
  }
}
