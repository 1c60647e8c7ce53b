#include <minnow/infer/ends/thresholds.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "infer/ends/given_sums.hpp"

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::stage_plan;

namespace {

struct of_three_signs : model<features<4>, dense<3, scheme<pixels, sign>>, batch_norm, dense<2, minw<1, 1>>> {};
using of_three_signs_plan = stage_plan<of_three_signs, 0>;
/// A model whose second stage (see infer/stage_plan.hpp) averages sums.
struct of_averaged_sums : model<image<3, 8, 8>, conv<8, scheme<pixels, sign>>, batch_norm, conv<33, minw<1, 1>>,
                                average_pool<2>, batch_norm, dense<2, minw<1, 1>>> {};
using of_averaged_sums_plan = stage_plan<of_averaged_sums, 1>;
static_assert(of_averaged_sums_plan::folded_average);

}  // namespace

TEST_SUITE("infer/ends/thresholds") {
  TEST_CASE("arrays: rows of whole blocks of channels") {
    // Each array has 33 channels, padded to 48 lanes. There is one threshold per channel.
    end_of<test::four_ends_plan<0>> end;
    CHECK(test::arrays_of(end) == "1:flip:192 1:smallest:192 1:thresholds:192 ");
    CHECK(std::string(end.layer_word) == "in thresholds");
    CHECK(std::string(end.quantizer_word) == "thresholds");
  }

  TEST_CASE("memory: one row of sums, and a bit of every channel of the pooled map; the rows of an average's window") {
    // A row of sums has 8 pixels of 48 lanes, followed by 48 lanes of padding. Each of the 4x4 pooled pixels has 2
    // words of channels.
    constexpr auto pooled = end_of<test::four_ends_plan<0>>::memory();
    static_assert(pooled.sums == (8 * 48 + 48) * 4);
    static_assert(pooled.waiting == 4 * 4 * 2 * 4);
    static_assert(pooled.floats == std::array<std::size_t, 3>{0, 0, 0} && pooled.scratch == 0);
    constexpr auto averaged = end_of<of_averaged_sums_plan>::memory();
    static_assert(averaged.sums == (2 * 8 * 48 + 48) * 4);
    constexpr auto plain = end_of<of_three_signs_plan>::memory();
    static_assert(plain.sums == (16 + 16) * 4 && plain.waiting == 0);
  }

  TEST_CASE("constants: flip and smallest are masks") {
    end_of<of_three_signs_plan> end;
    CHECK(test::refused_by(end) == "");
    end.limits.flip[1] = 1;
    CHECK(test::refused_by(end) == "0 or -1, flip, another number; ");
    end.limits.smallest[2] = -2;
    CHECK(test::refused_by(end) == "0 or -1, flip, another number; 0 or -1, smallest, another number; ");
  }

  TEST_CASE("a code is 1 where the sum, or the flipped sum, reaches its threshold") {
    end_of<of_three_signs_plan> end;
    end.limits.values[0] = 5;
    end.limits.values[1] = 0;
    end.limits.values[2] = -3;
    end.limits.flip[2] = -1;
    using plan = of_three_signs_plan;
    CHECK(test::codes_of<plan>(test::run_end<plan>(end, {5, -1, 3})) == std::vector<float>{1, -1, -1});
    CHECK(test::codes_of<plan>(test::run_end<plan>(end, {4, 0, 2})) == std::vector<float>{-1, 1, 1});
  }

  TEST_CASE("an average compares the sum over its window") {
    end_of<of_averaged_sums_plan> end;
    for (auto& t : end.limits.values) t = 10;
    std::vector<std::int32_t> sums(8 * 8 * 33, 2);
    // The window of the output pixel (1, 2) covers the pixels (2, 4), (2, 5), (3, 4) and (3, 5).
    sums[(3 * 8 + 5) * 33 + 32] = 4;
    const auto codes = test::codes_of<of_averaged_sums_plan>(test::run_end<of_averaged_sums_plan>(end, sums));
    for (std::size_t i = 0; i < codes.size(); ++i) CHECK(codes[i] == (i == (1 * 4 + 2) * 33 + 32 ? 1 : -1));
  }
}
