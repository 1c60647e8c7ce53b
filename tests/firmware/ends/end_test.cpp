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
// The last layers are computed in place, so only the sums need memory.
static_assert(firmware_end<four_ends_plan<3>>::memory().floats[0] == 0 &&
              firmware_end<four_ends_plan<3>>::memory().sums > 0);

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

  TEST_CASE("fixed point: all constants except the multiplier of a join") {
    end_of<four_ends_plan<1>> end;
    end.multiplier[1] = 1;
    end.shift[1] = 2;
    end.low[1] = 3;
    end.high[1] = 4;
    end.smallest[1] = -1;
    end.offset[1] = 6;
    end.other_multiplier[1] = 7;
    firmware_arrays arrays;
    firmware_end<four_ends_plan<1>>::put(end, arrays);
    REQUIRE(arrays.integers.size() == 4 * 20 + 32);
    for (std::size_t k = 0; k < 4; ++k) CHECK(arrays.integers[20 * k + 1] == static_cast<std::int32_t>(k + 1));
    CHECK(arrays.integers[80 + 1] == -1);
    REQUIRE(arrays.wide.size() == 20);
    CHECK(arrays.wide[1] == 6);
    CHECK(arrays.floats.empty());
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
