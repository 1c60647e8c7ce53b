#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <minnow/pack/ends/fixed_point.hpp>
#include <minnow/pack/ends/thresholds.hpp>
#include <minnow/quantize/methods/affine.hpp>

#include "infer/ends/given_sums.hpp"

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::stage_end;
using minnow::detail::stage_plan;

// This namespace has a name because the tests of a folder are compiled in one file.
namespace zero_ends_test {

/// A model whose second stage (see infer/stage_plan.hpp) adds the codes of the first stage. Both maps have zero points.
template <int Bits>
struct zero_joined : model<features<3>, dense<3, scheme<pixels, integer<8>>>, batch_norm,
                           residual<chain<dense<3, integer<8>>, batch_norm>, chain<>, affine_integer<8>>,
                           dense<2, scheme<affine_integer<Bits>, integer<8>>>> {};
using zero_requantized = stage_plan<zero_joined<8>, 1>;
using zero_fixed = stage_plan<fixed_point<zero_joined<8>>, 1>;
static_assert(zero_requantized::ends_in == stage_end::requantize && zero_fixed::ends_in == stage_end::fixed_point);

struct zero_folded : model<features<3>, dense<3, scheme<pixels, integer<8>>>, batch_norm,
                           dense<2, scheme<affine_integer<2>, integer<8>>>> {};
using zero_folded_plan = stage_plan<zero_folded, 0>;
static_assert(zero_folded_plan::ends_in == stage_end::thresholds);

/// A state with step 0.5 and the zero point 10 (of 255).
constexpr affine_integer<8>::state step_of_a_half{-5, 122.5f};

/// A map of three codes 3, -1 and 100 with the zero point 2.
constexpr std::byte other_map[16] = {std::byte{5}, std::byte{1}, std::byte{102}};

template <class Plan>
minnow::detail::layer_constants<Plan> joined_layers() {
  minnow::detail::layer_constants<Plan> layers;
  layers.scales = {1, 1, 1};
  layers.out_state = step_of_a_half;
  layers.each_op([](auto i, auto& reading) {
    if constexpr (i == 1) reading.scale[0] = 0.5f;
  });
  return layers;
}

}  // namespace zero_ends_test

using namespace zero_ends_test;

TEST_SUITE("infer/ends/zero_point") {
  TEST_CASE("in floats: bytes are codes + the zero point; a join subtracts the zero point of the other map") {
    REQUIRE(affine_integer<8>::zero(step_of_a_half) == 10);
    end_of<zero_requantized> end;
    static_cast<minnow::detail::layer_constants<zero_requantized>&>(end) = joined_layers<zero_requantized>();
    CHECK(end.zero() == 10);
    // The values are 1 + 3 · 0.5, -20 - 0.5, which is below the range, and 7 + 100 · 0.5.
    CHECK(test::codes_of<zero_requantized>(test::run_end<zero_requantized>(end, {1, -20, 7}, {nullptr, other_map},
                                                                           {0, 2})) == std::vector<float>{15, 0, 124});
  }

  TEST_CASE("in fixed point: the same bytes") {
    end_of<zero_fixed> end;
    minnow::detail::pack_end(end, joined_layers<zero_fixed>());
    CHECK(end.zero() == 10);
    CHECK(test::codes_of<zero_fixed>(test::run_end<zero_fixed>(end, {1, -20, 7}, {nullptr, other_map}, {0, 2})) ==
          std::vector<float>{15, 0, 124});
    end.lists_integers = true;
    CHECK(test::arrays_of(end).ends_with("smallest:64 7:zero point:4 "));
    for (const int wrong : {-1, 256}) {
      end.stored.zero_point = wrong;
      CHECK(test::refused_by(end) == "a zero point that is a code's byte, zero point, another number; ");
    }
  }

  TEST_CASE("thresholds: the number of thresholds that a sum reaches is the code's byte") {
    minnow::detail::layer_constants<zero_folded_plan> layers;
    layers.scales = {1, 1, -1};
    layers.out_state = {-1, 2};  // codes -1, 0, 1 and 2
    end_of<zero_folded_plan> end;
    minnow::detail::pack_end(end, std::move(layers));
    CHECK(end.zero() == 1);
    CHECK(test::codes_of<zero_folded_plan>(test::run_end<zero_folded_plan>(end, {-7, 0, 0})) ==
          std::vector<float>{0, 1, 1});
    CHECK(test::codes_of<zero_folded_plan>(test::run_end<zero_folded_plan>(end, {1, 2, 1})) ==
          std::vector<float>{2, 3, 0});
    CHECK(test::codes_of<zero_folded_plan>(test::run_end<zero_folded_plan>(end, {9, -1, -5})) ==
          std::vector<float>{3, 0, 3});
    CHECK(test::arrays_of(end).ends_with("thresholds:192 3:zero point:4 "));
    CHECK(test::refused_by(end) == "");
    for (const int wrong : {-1, 4}) {
      end.zero_point = wrong;
      CHECK(test::refused_by(end) == "a zero point that is a code's byte, zero point, another number; ");
    }
  }
}
