#include <minnow/infer/ends/fixed_point.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "infer/ends/given_sums.hpp"

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::stage_end;
using minnow::detail::stage_plan;

namespace {

using fixed_scheme = scheme<integer<8>, integer<8>>;
struct of_three_codes : model<features<4>, dense<3, scheme<pixels, integer<8>>>, batch_norm, dense<2, fixed_scheme>> {};
using of_three_codes_plan = stage_plan<fixed_point<of_three_codes>, 0>;
/// A model whose second stage (see infer/stage_plan.hpp) adds the codes of the first stage.
struct of_joined_codes
    : model<features<3>, dense<3, scheme<pixels, integer<8>>>, batch_norm,
            residual<chain<dense<3, integer<8>>, batch_norm>, chain<>, integer<8>>, dense<2, fixed_scheme>> {};
using of_joined_codes_plan = stage_plan<fixed_point<of_joined_codes>, 1>;
static_assert(of_joined_codes_plan::ends_in == stage_end::fixed_point && of_joined_codes_plan::joins == 1);
static_assert(minnow::detail::join_of<of_joined_codes_plan> == 1 && minnow::detail::join_of<of_three_codes_plan> == 0);

template <class Plan>
end_of<Plan> some_end() {
  end_of<Plan> end;
  end.lists_integers = true;
  end.multiplier = {2, 3, -1};
  end.offset = {1, 0, 10};
  end.shift = {1, 1, 0};
  end.low = {-127, -127, -5};
  end.high = {127, 5, 127};
  end.derive();
  return end;
}

}  // namespace

TEST_SUITE("infer/ends/fixed_point") {
  TEST_CASE("arrays: the layers'; in files of version 0.1, seven numbers of each channel") {
    end_of<test::four_ends_plan<1>> end;
    CHECK(test::arrays_of(end) == test::arrays_of(std::as_const(end)));
    CHECK(test::arrays_of(end) == "5:scales:80 6:scale:80 6:shift:80 7:state:4 ");
    end.lists_integers = true;
    CHECK(test::arrays_of(end) ==
          "5:multiplier:80 5:other multiplier:160 5:offset:160 5:shift:80 5:low:80 5:high:80 5:smallest:128 ");
    CHECK(std::string(end.layer_word) == "fixed point");
    CHECK(std::string(end.quantizer_word) == "fixed point");
  }

  TEST_CASE("memory: one row of sums") {
    // A row of sums has 4 pixels of 32 lanes, followed by 32 lanes of padding.
    constexpr auto memory = end_of<test::four_ends_plan<1>>::memory();
    static_assert(memory.sums == (4 * 32 + 32) * 4);
    static_assert(memory.waiting == 0 && memory.floats == std::array<std::size_t, 3>{0, 0, 0} && memory.scratch == 0);
  }

  TEST_CASE("constants: none beyond the limits that keep products within 64 bits") {
    using end_type = end_of<of_three_codes_plan>;
    CHECK(test::refused_by(some_end<of_three_codes_plan>()) == "");
    for (const auto& spoil : {+[](end_type& c) { c.shift[1] = 63; }, +[](end_type& c) { c.shift[0] = -1; },
                              +[](end_type& c) { c.offset[0] = std::int64_t{1} << 62 | 1 << 20; },
                              +[](end_type& c) { c.other_multiplier[0] = -(std::int64_t{1} << 53); }}) {
      end_type spoilt = some_end<of_three_codes_plan>();
      spoil(spoilt);
      CHECK_FALSE(spoilt.sound());
      CHECK(test::refused_by(spoilt) == "fixed-point constants whose products fit 64 bits, constants, larger ones; ");
    }
  }

  TEST_CASE("codes: multiplication, shift and limits of each channel") {
    using plan = of_three_codes_plan;
    const auto end = some_end<plan>();
    // A code is (multiplier · sum + offset) >> shift, limited to [low, high]. The codes are (2 · 5 + 1) >> 1 = 5,
    // rounded down; (3 · 4) >> 1 = 6, limited to 5; and -7 + 10.
    CHECK(test::codes_of<plan>(test::run_end<plan>(end, {5, 4, 7})) == std::vector<float>{5, 5, 3});
    // The codes are (2 · -3 + 1) >> 1, rounded down to -3; (3 · -5) >> 1, rounded down to -8; and -20 + 10, limited to
    // -5.
    CHECK(test::codes_of<plan>(test::run_end<plan>(end, {-3, -5, 20})) == std::vector<float>{-3, -8, -5});
  }

  TEST_CASE("codes that a join adds") {
    using plan = of_joined_codes_plan;
    auto end = some_end<plan>();
    end.other_multiplier = {4, -2, 100};
    end.derive();
    const std::vector<std::byte> other{std::byte{3}, std::byte{0xff}, std::byte{0}};
    std::array<const std::byte*, plan::ops> others{};
    others[1] = other.data();
    // The second input adds other_multiplier · other code, and its codes are 3, -1 and 0. So the results are
    // (2 · 5 + 4 · 3 + 1) >> 1, (3 · 1 + -2 · -1) >> 1, and -7 + 10.
    CHECK(test::codes_of<plan>(test::run_end<plan>(end, {5, 1, 7}, others)) == std::vector<float>{11, 2, 3});
  }
}
