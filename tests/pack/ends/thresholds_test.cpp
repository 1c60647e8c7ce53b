#include <minnow/pack/ends/thresholds.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <minnow/model.hpp>

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::layer_constants;
using minnow::detail::stage_end;
using minnow::detail::stage_plan;

namespace {

/// A model with a pool between two batch norms.
struct folded_with_pool
    : model<image<1, 2, 2>, conv<3, scheme<pixels, sign>>, batch_norm, max_pool<2>, batch_norm, dense<2, minw<1, 1>>> {
};
using folded_with_pool_plan = stage_plan<folded_with_pool, 0>;
static_assert(folded_with_pool_plan::ends_in == stage_end::thresholds);
/// A model whose second stage (see infer/stage_plan.hpp) averages 4 sums.
struct folded_with_average : model<image<1, 2, 2>, conv<2, scheme<pixels, sign>>, batch_norm, conv<2, minw<1, 1>>,
                                   average_pool<2>, bias, dense<2, minw<2, 1>>> {};
using folded_with_average_plan = stage_plan<folded_with_average, 1>;
static_assert(folded_with_average_plan::folded_average);
/// A model whose first sums are floats.
struct folded_floats : model<features<2>, dense<1, scheme<real, real>>, bias, dense<2, minw<1, 1>>> {};
using folded_floats_plan = stage_plan<folded_floats, 0>;
static_assert(folded_floats_plan::ends_in == stage_end::thresholds && !folded_floats_plan::integer_sums);

}  // namespace

TEST_SUITE("pack/ends/thresholds") {
  TEST_CASE("a threshold is the least sum, or flipped sum, of its code; a pool follows the layers after it") {
    layer_constants<folded_with_pool_plan> layers;
    layers.scales = {0.5f, 0.5f, -0.5f};
    layers.each_op([](auto i, auto& reading) {
      if constexpr (i == 0)
        for (const int c : {0, 1, 2}) reading.set(c, {1, -2});
      if constexpr (i == 2) {
        reading.set(0, {1, 0});
        reading.set(1, {-1, 0});
        reading.set(2, {1, 0});
      }
    });
    end_of<folded_with_pool_plan> end;
    minnow::detail::pack_end(end, std::move(layers));
    // In channel 0, sum / 2 - 2 > 0 from sum 5 on. Channels 1 and 2 decrease, so their thresholds apply to the flipped
    // sum, ~sum. In channel 1, 2 - sum / 2 > 0 up to sum 3, and ~3 is -4. In channel 2, -sum / 2 - 2 > 0 up to sum -5,
    // and ~-5 is 4.
    CHECK(end.limits.values[0] == 5);
    CHECK(end.limits.values[1] == -4);
    CHECK(end.limits.values[2] == 4);
    CHECK(std::vector(end.limits.flip.begin(), end.limits.flip.begin() + 3) == std::vector<std::int32_t>{0, -1, -1});
    CHECK(std::vector(end.limits.smallest.begin(), end.limits.smallest.begin() + 3) ==
          std::vector<std::int32_t>{0, -1, 0});
  }

  TEST_CASE("an average divides the sum of its window") {
    layer_constants<folded_with_average_plan> layers;
    layers.scales = {1, 2};
    end_of<folded_with_average_plan> end;
    minnow::detail::pack_end(end, std::move(layers));
    // The ternary code of x is -1 below -1/2 and 1 above 1/2. x is total / 4 for channel 0 and total / 2 for channel 1.
    const auto code = [&](std::size_t c, std::int32_t total) {
      int result = -1;
      for (std::size_t k = 0; k < 2; ++k) result += total >= end.limits.values[k * 16 + c];
      return result;
    };
    for (std::int32_t total = -8; total <= 8; ++total) {
      CHECK(code(0, total) == ternary<>::code(static_cast<float>(total) / 4, {}));
      CHECK(code(1, total) == ternary<>::code(static_cast<float>(total) / 2, {}));
    }
  }

  TEST_CASE("sums of floats: the least float of a code, as an integer of the same order") {
    layer_constants<folded_floats_plan> layers;
    layers.scales = {2};
    minnow::detail::layer_constants<folded_floats_plan>::arrays(
        layers, [](std::size_t, std::string_view name, std::span<float> values) {
          if (name == "bias") values[0] = -3;
        });
    end_of<folded_floats_plan> end;
    minnow::detail::pack_end(end, std::move(layers));
    // 2 x - 3 > 0 for all floats above 1.5, so the threshold is the next float.
    CHECK(end.limits.values[0] == kernels::ordered(std::nextafter(1.5f, 2.0f)));
  }
}
