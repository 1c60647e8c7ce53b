#include <minnow/infer/ends/floats.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "infer/ends/given_sums.hpp"

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::stage_end;
using minnow::detail::stage_plan;

namespace {

struct of_two_logits : model<features<4>, dense<2, scheme<pixels, integer<8>>>, bias> {};
using of_two_logits_plan = stage_plan<of_two_logits, 0>;
/// A model whose second stage (see infer/stage_plan.hpp) has no product: it pools codes and encodes them again.
struct of_codes_only : model<image<3, 8, 8>, conv<8, scheme<pixels, sign>>, batch_norm, quantize<ternary<>>,
                             max_pool<2>, dense<2, scheme<integer<8>, integer<8>>>> {};
using of_codes_only_plan = stage_plan<of_codes_only, 1>;
static_assert(of_codes_only_plan::ends_in == stage_end::floats && !of_codes_only_plan::has_product);
/// A model whose last stage adds codes to a product's sums.
struct of_added_codes : model<image<2, 4, 4>, conv<6, scheme<real, sign>>, batch_norm,
                              residual<chain<conv<6, sign>, batch_norm>, chain<>, integer<8>>> {};
using of_added_codes_plan = stage_plan<of_added_codes, 1>;
static_assert(of_added_codes_plan::ends_in == stage_end::floats && of_added_codes_plan::joins == 1);

std::vector<float> floats_of(const std::vector<std::byte>& map, std::size_t count) {
  std::vector<float> result(count);
  std::memcpy(result.data(), map.data(), 4 * count);
  return result;
}

}  // namespace

TEST_SUITE("infer/ends/floats") {
  TEST_CASE("arrays: scales, the arrays of the layers, the quantizer's state if there is one") {
    end_of<test::four_ends_plan<3>> last;
    CHECK(test::arrays_of(last) == "12:scales:16 13:bias:16 ");
    end_of<of_codes_only_plan> codes;
    CHECK(test::arrays_of(codes) == "4:scales:4 5:state:4 ");
    CHECK(std::string(last.layer_word) == "32-bit float");
    CHECK(std::string(last.quantizer_word) == "32-bit float");
  }

  TEST_CASE("memory: the whole map of sums, and maps of floats that the layers read and write in turn") {
    // The map of sums has 1 pixel of 16 lanes, followed by 16 lanes of padding. The sums become 4 floats, and the bias
    // writes 4 floats.
    constexpr auto last = end_of<test::four_ends_plan<3>>::memory();
    static_assert(last.sums == (16 + 16) * 4 && last.waiting == 0 && last.scratch == 0);
    static_assert(last.floats == std::array<std::size_t, 3>{16, 16, 0});
    // The codes of an 8x8x8 map become floats, and the pool writes a 4x4x8 map.
    constexpr auto codes = end_of<of_codes_only_plan>::memory();
    static_assert(codes.sums == 0 && codes.floats == std::array<std::size_t, 3>{8 * 8 * 8 * 4, 4 * 4 * 8 * 4, 0});
    // The map of sums has 4 rows of 4 pixels of 16 lanes. Batch norm writes the second map of floats, and the addition
    // writes the first. The added codes become floats in the third map.
    constexpr auto added = end_of<of_added_codes_plan>::memory();
    static_assert(added.sums == (4 * 4 * 16 + 16) * 4);
    static_assert(added.floats == std::array<std::size_t, 3>{384, 384, 384});
  }

  TEST_CASE("constants: the state is inside its bounds") {
    end_of<of_codes_only_plan> end;
    CHECK(test::refused_by(end) == "");
    end.out_state.g = -1;
    CHECK(test::refused_by(end) == "a state inside its quantizer's bounds, state, another one; ");
    CHECK(test::refused_by(end_of<of_two_logits_plan>()) == "");
  }

  TEST_CASE("logits: scale and layers of each channel") {
    end_of<of_two_logits_plan> end;
    end.scales = {0.5f, 2};
    end_of<of_two_logits_plan>::arrays(end, [](std::size_t, std::string_view name, std::span<float> values) {
      if (name == "bias") values[0] = 1, values[1] = 0.25f;
    });
    CHECK(floats_of(test::run_end<of_two_logits_plan>(end, {3, -4}), 2) == std::vector<float>{2.5f, -7.75f});
  }

  TEST_CASE("a sum of a product and of codes that a join adds") {
    end_of<of_added_codes_plan> end;
    end.scales.assign(6, 0.5f);
    end.each_op([](auto i, auto& reading) {
      if constexpr (i == 1) reading.scale[0] = 0.25f;
    });
    std::vector<std::int32_t> sums(4 * 4 * 6, 4);
    std::vector<std::byte> other(4 * 4 * 6 + 64, std::byte{8});
    other[7] = std::byte{0xff};  // code -1
    std::array<const std::byte*, of_added_codes_plan::ops> others{};
    others[1] = other.data();
    const auto found = floats_of(test::run_end<of_added_codes_plan>(end, sums, others), 96);
    for (std::size_t i = 0; i < 96; ++i) CHECK(found[i] == (i == 7 ? 1.75f : 4.0f));
  }
}
