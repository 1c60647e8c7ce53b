#include <minnow/firmware/ends/end.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <minnow/firmware/export_header.hpp>
#include <minnow/firmware/plan.hpp>
#include <minnow/infer/packed.hpp>

#include "infer/ends/given_sums.hpp"

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::firmware_arrays;
using minnow::detail::firmware_end;
using test::four_ends_plan;

static_assert(firmware_end<four_ends_plan<2>>::supports_layers && firmware_end<four_ends_plan<3>>::supports_layers);
// The partial results of the pool have one bit for each of 48 channels, in 2 words of 4 bytes, for each of the 4x4
// pooled pixels.
static_assert(firmware_end<four_ends_plan<0>>::memory().waiting == 4 * 4 * 2 * 4);
static_assert(firmware_end<four_ends_plan<1>>::memory().waiting == 0);
// The last layers are applied to each sum, so they need no memory.
static_assert(firmware_end<four_ends_plan<3>>::memory().floats[0] == 0 &&
              firmware_end<four_ends_plan<3>>::memory().sums == 0);

TEST_SUITE("firmware/ends/end") {
  TEST_CASE("thresholds: flip, smallest and thresholds, in this order") {
    end_of<four_ends_plan<0>> end;
    end.limits.flip[3] = -1;
    end.limits.smallest[4] = -1;
    end.limits.values[5] = 77;
    firmware_arrays arrays;
    firmware_end<four_ends_plan<0>>::put(end, arrays);
    REQUIRE(arrays.integers.size() == 3 * 48);
    CHECK(arrays.wide.empty());
    CHECK(arrays.floats.empty());
    CHECK(arrays.integers[3] == -1);
    CHECK(arrays.integers[48 + 4] == -1);
    CHECK(arrays.integers[96 + 5] == 77);
  }

  TEST_CASE("fixed point: two numbers of each channel, without the multiplier of a join") {
    end_of<four_ends_plan<1>> end;
    end.multiplier[1] = -123456789;
    end.shift[1] = 62;
    end.low[1] = -127;
    end.high[1] = 255;
    end.smallest[1] = -1;
    end.offset[1] = -(std::int64_t{1} << 60);
    end.other_multiplier[1] = 7;
    end.multiplier[2] = 1 << 30;
    end.low[2] = -2048;
    end.high[2] = 2047;
    firmware_arrays arrays;
    firmware_end<four_ends_plan<1>>::put(end, arrays);
    CHECK(arrays.integers.empty());
    CHECK(arrays.floats.empty());
    REQUIRE(arrays.wide.size() == 2 * 20);
    for (std::size_t c = 0; c < 3; ++c) {
      const kernels::fixed_constants_of_channel found{arrays.wide[2 * c], arrays.wide[2 * c + 1]};
      CHECK(found.multiplier() == end.multiplier[c]);
      CHECK(found.offset == end.offset[c]);
      CHECK(found.shift() == end.shift[c]);
      CHECK(found.low() == end.low[c]);
      CHECK(found.high() == end.high[c]);
      CHECK(found.smallest() == (end.smallest[c] != 0));
    }
  }

  TEST_CASE("floats: the scales of the sums and the arrays of the layers") {
    end_of<four_ends_plan<3>> end;
    end.scales = {2, 0.5f, 1, 1};
    firmware_arrays arrays;
    firmware_end<four_ends_plan<3>>::put(end, arrays);
    CHECK(arrays.floats == std::vector<float>{2, 0.5f, 1, 1, 0, 0, 0, 0});
    CHECK(arrays.integers.empty());
  }
}
