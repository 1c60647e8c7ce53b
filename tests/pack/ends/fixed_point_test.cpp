#include <minnow/pack/ends/fixed_point.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <utility>

#include <minnow/core/random.hpp>
#include <minnow/model.hpp>

using namespace minnow;
using minnow::detail::channel_line;
using minnow::detail::fixed_constants;
using minnow::detail::set_channel;

namespace {

using fixed_bytes = scheme<integer<8>, integer<8>>;
/// A model whose first stage (see infer/stage_plan.hpp) is in fixed point. It has a pool between two batch norms, and a
/// clipping activation.
struct fixed_with_pool : model<image<1, 2, 2>, conv<3, scheme<pixels, integer<8>>>, batch_norm, max_pool<2>, batch_norm,
                               relu6, dense<2, fixed_bytes>> {};
using fixed_plan = minnow::detail::stage_plan<fixed_point<fixed_with_pool>, 0>;
static_assert(fixed_plan::ends_in == minnow::detail::stage_end::fixed_point);

}  // namespace

TEST_SUITE("pack/ends/fixed_point") {
  TEST_CASE("a code is the formula's in double precision, rounded, wherever that is not near the middle of two codes") {
    minnow::random r(seed{3});
    int near = 0;
    for (int trial = 0; trial < 2000; ++trial) {
      channel_line line{.slope = std::ldexp(static_cast<double>(r.uniform(-1, 1)), r.below(30) - 25)};
      line.then({r.uniform(-3, 3), r.uniform(-50, 50)});
      if (trial % 3 == 0) line.other_slope = static_cast<double>(r.uniform(-2, 2));
      if (trial % 2 == 0) line.clip({.low = 0});
      if (trial % 5 == 0) line.clip({-7, 60});
      const double worth = std::ldexp(1.0 + static_cast<double>(r.uniform(0, 1)), r.below(6) - 4);
      fixed_constants constants(1);
      set_channel(constants, 0, line, worth, -127, 127);
      for (int i = 0; i < 50; ++i) {
        const int bound = 1 << (4 + r.below(18));
        const int sum = r.below(2 * bound + 1) - bound;
        const int other = r.below(256);
        const double y =
            std::clamp(line.slope * sum + line.other_slope * other + line.shift, line.low, line.high) / worth;
        const double wanted = std::clamp(std::nearbyint(y), -127.0, 127.0);
        const int code = constants.code(0, sum, other);
        // The allowed error is the error that pack/ends/fixed_point.hpp documents, plus the rounding of doubles.
        const double size =
            (std::abs(line.slope * sum) + std::abs(line.other_slope * other) + std::abs(line.shift)) / worth;
        const double off = (std::abs(sum) + other + 1) / std::ldexp(1.0, constants.shift[0] + 1) + size * 0x1p-50;
        const bool middle = std::abs(y - std::floor(y) - 0.5) <= off;
        near += middle;
        CAPTURE(y);
        if (middle) CHECK(std::abs(code - wanted) <= 1);
        else CHECK(code == wanted);
      }
    }
    CHECK(near < 100);
  }

  TEST_CASE("affine functions after a clip move its limits, falling ones change them over") {
    channel_line line{.slope = 1};
    line.clip({0, 6});
    line.then({-2, 1});
    CHECK(line.low == -11);
    CHECK(line.high == 1);
  }

  TEST_CASE("a constant, to which a join adds codes") {
    channel_line line{.slope = 1};
    line.clip({0, 6});
    line.then({0, 5});
    line.other_slope = 2;
    fixed_constants constants(1);
    set_channel(constants, 0, line, 1, -127, 127);
    for (const int other : {-70, -3, 0, 4, 70})
      CHECK(constants.code(0, 1000, other) == std::clamp(5 + 2 * other, -127, 127));
  }

  TEST_CASE("a scale of 0 makes every code 0") {
    fixed_constants constants(1);
    set_channel(constants, 0, {.slope = 1}, 0, -127, 127);
    CHECK(constants.code(0, 1 << 30, 255) == 0);
  }

  TEST_CASE("a zero point is added to the rounded code and moves the limits") {
    minnow::random r(seed{4});
    for (int trial = 0; trial < 500; ++trial) {
      channel_line line{.slope = static_cast<double>(r.uniform(-1, 1)), .shift = static_cast<double>(r.uniform(-9, 9))};
      if (trial % 2 == 0) line.clip({0, 6});
      const int zero = r.below(256);
      fixed_constants constants(1);
      set_channel(constants, 0, line, 0.125, 0, 255, zero);
      for (int i = 0; i < 50; ++i) {
        const int sum = r.below(201) - 100;
        const double y = std::clamp(line.slope * sum + line.shift, line.low, line.high) / 0.125;
        const int byte = constants.code(0, sum, 0);
        if (std::abs(y - std::floor(y) - 0.5) > 1e-4) CHECK(byte == std::clamp(std::nearbyint(y) + zero, 0.0, 255.0));
      }
    }
  }

  TEST_CASE("the widest sums and constants do not overflow") {
    fixed_constants constants(2);
    set_channel(constants, 0, {.slope = 1e30, .other_slope = -1e30, .shift = 1e30}, 1e-3, -127, 127);
    set_channel(constants, 1, {.slope = 1e-30, .shift = -1e30}, 1, -127, 127);
    for (const std::int32_t sum :
         {std::numeric_limits<std::int32_t>::min(), 0, std::numeric_limits<std::int32_t>::max()}) {
      const int code = constants.code(0, sum, 255);
      CHECK((-127 <= code && code <= 127));
      CHECK(constants.code(1, sum, 255) == -127);
    }
    CHECK(constants.sound());
  }

  TEST_CASE("a stage's layers become one function for each channel, and a falling part after the pool is recorded") {
    minnow::detail::layer_constants<fixed_plan> layers;
    layers.scales = {0.5f, 0.5f, 1};
    layers.out_state.g = 0.5f;
    layers.each_op([](auto i, auto& reading) {
      if constexpr (i == 0)
        for (const int c : {0, 1, 2}) reading.set(c, {2, 1});
      if constexpr (i == 2) {
        reading.set(0, {1, 0});
        reading.set(1, {-1, 4});
        reading.set(2, {0, 2});
      }
    });
    minnow::detail::end_of<fixed_plan> end;
    minnow::detail::pack_end(end, std::move(layers));
    // The code is clip(sum + 1, 0, 6) / 0.5 in channel 0, clip(3 - sum, 0, 6) / 0.5 in channel 1, and 2 / 0.5 in
    // channel 2.
    CHECK(end.code(0, 2, 0) == 6);
    CHECK(end.code(0, -5, 0) == 0);
    CHECK(end.code(0, 50, 0) == 12);
    CHECK(end.code(1, 2, 0) == 2);
    CHECK(end.code(1, -50, 0) == 12);
    CHECK(end.code(2, 1000, 0) == 4);
    CHECK(end.smallest[0] == 0);
    CHECK(end.smallest[1] == -1);
    CHECK(end.smallest[2] == 0);
    CHECK(end.sound());
  }
}
