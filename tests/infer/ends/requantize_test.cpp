#include <minnow/infer/ends/requantize.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "infer/ends/given_sums.hpp"

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::stage_end;
using minnow::detail::stage_plan;

namespace {

using requantized = scheme<integer<8>, integer<8>>;
struct of_three_bytes : model<features<4>, dense<3, scheme<pixels, integer<8>>>, batch_norm, dense<2, requantized>> {};
using of_three_bytes_plan = stage_plan<of_three_bytes, 0>;
/// A model whose second stage (see infer/stage_plan.hpp) adds the floats of the first stage.
struct of_added_floats : model<features<3>, dense<3, scheme<pixels, integer<8>>>, batch_norm,
                               residual<chain<dense<3, requantized>, batch_norm>>, dense<2, requantized>> {};
using of_added_floats_plan = stage_plan<of_added_floats, 2>;
static_assert(of_added_floats_plan::ends_in == stage_end::requantize && of_added_floats_plan::joins == 1);
/// A model with a pool of 2x1 sums, followed by batch norm.
struct of_pooled_bytes : model<image<1, 2, 1>, conv<2, scheme<pixels, integer<8>>, kernel<1>, padding<0>>,
                               max_pool<2, kernel<2, 1>>, batch_norm, dense<2, requantized>> {};
using of_pooled_bytes_plan = stage_plan<of_pooled_bytes, 0>;

}  // namespace

TEST_SUITE("infer/ends/requantize") {
  TEST_CASE("arrays: scales, the arrays of the layers, the quantizer's state") {
    end_of<test::four_ends_plan<2>> end;
    CHECK(test::arrays_of(end) == "8:scales:72 9:scale:72 9:shift:72 11:state:4 ");
    CHECK(std::string(end.layer_word) == "32-bit float");
    CHECK(std::string(end.quantizer_word) == "32-bit float");
  }

  TEST_CASE("memory: one row of sums") {
    // A row of sums has 4 pixels of 32 lanes, followed by 32 lanes of padding.
    constexpr auto memory = end_of<test::four_ends_plan<2>>::memory();
    static_assert(memory.sums == (4 * 32 + 32) * 4);
    static_assert(memory.waiting == 0 && memory.floats == std::array<std::size_t, 3>{0, 0, 0} && memory.scratch == 0);
  }

  TEST_CASE("constants: the state is inside its bounds") {
    end_of<of_three_bytes_plan> end;
    CHECK(test::refused_by(end) == "");
    end.out_state.g = -1;
    CHECK(test::refused_by(end) == "a state inside its quantizer's bounds, state, another one; ");
  }

  TEST_CASE("codes: scale, layers and quantizer of each channel") {
    end_of<of_three_bytes_plan> end;
    end.scales = {0.5f, 1, 2};
    end.each_op([](auto, auto& reading) { reading.set(1, {-2, 0.5f}); });
    end.out_state.g = 0.5f;
    using plan = of_three_bytes_plan;
    // A code is the value of its channel divided by the step 0.5. The codes are 1.5 / 0.5, (-2 · 2 + 0.5) / 0.5, and
    // 200 / 0.5, which is limited to the largest code.
    CHECK(test::codes_of<plan>(test::run_end<plan>(end, {3, 2, 100})) == std::vector<float>{3, -7, 127});
  }

  TEST_CASE("codes with floats that a join adds") {
    end_of<of_added_floats_plan> end;
    end.scales = {1, 1, 1};
    end.out_state.g = 0.5f;
    const float other[16] = {0.5f, -4, 10};
    std::array<const std::byte*, of_added_floats_plan::ops> others{};
    others[1] = reinterpret_cast<const std::byte*>(other);
    using plan = of_added_floats_plan;
    CHECK(test::codes_of<plan>(test::run_end<plan>(end, {3, 2, -10}, others)) == std::vector<float>{7, -4, 0});
  }

  TEST_CASE("a pool takes the smallest code where the layers after it fall") {
    end_of<of_pooled_bytes_plan> end;
    end.scales = {1, 1};
    end.out_state.g = 1;
    end.each_op([](auto, auto& reading) {
      if constexpr (requires { reading.set(1, affine{}); }) reading.set(1, {-1, 0});
    });
    using plan = of_pooled_bytes_plan;
    CHECK(test::codes_of<plan>(test::run_end<plan>(end, {3, 3, 8, 8})) == std::vector<float>{8, -8});
  }
}
