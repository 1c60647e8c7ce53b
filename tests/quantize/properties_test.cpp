#include <minnow/quantize/properties.hpp>

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <minnow/quantize/methods.hpp>
#include <minnow/quantize/scheme.hpp>

#include "four_levels.hpp"

using namespace minnow;

// This namespace has a name because compilers report members of an unnamed namespace as unused if only templates use
// them.
namespace quantize_properties_test {

/// A 1-bit quantizer with a scale of 0.3, and a quantizer with a measured scale that begins at 1.
struct third : quantizer_base {
  static constexpr text name() { return "third"; }
  static constexpr int bits = 1;
  static constexpr int max_code = 1;
  static constexpr encoding storage = encoding::bit;
  static float code(float x, const state&) { return x > 0 ? 1.0f : -1.0f; }
  static constexpr float scale(const state&) { return 0.3f; }
};
struct measured_bit : third {
  struct state {
    float mean = 1;
  };
  static float code(float x, const state&) { return x > 0 ? 1.0f : -1.0f; }
  static constexpr float scale(const state& s) { return s.mean; }
  static constexpr interval range(const state&) { return {-1, 1}; }
  static bool observe(state&, std::span<const float>, role) { return true; }
};

}  // namespace quantize_properties_test

using namespace quantize_properties_test;

static_assert(is_dyadic<sign>() && is_dyadic<ternary<>>() && is_dyadic<ternary<mean_threshold<>>>() &&
              is_dyadic<power_of_two<4>>());
static_assert(!is_dyadic<integer<8>>() && !is_dyadic<pixels>() && !is_dyadic<half>() && !is_dyadic<real>());

static_assert(is_dyadic<power_of_two<3>>() && !is_dyadic<third>() && !is_dyadic<measured_bit>() &&
              !is_dyadic<scaled_sign<>>() && !is_dyadic<inq<2>>() && !is_dyadic<inq<5>>());

TEST_SUITE("quantize/properties") {
  TEST_CASE_TEMPLATE("values of the library's quantizers never fall", q, sign, ternary<>, power_of_two<4>, integer<3>,
                     unsigned_integer<8>, uniform<4>, lsq<8>, pact<4>, qil_inputs<4>, syq_inputs<4>, dorefa_inputs<4>,
                     half_wave<2>, half_wave_nonuniform<4>, scaled_sign<per_tensor>, affine_integer<2>,
                     affine_integer<8>, affine_weights<4>, symmetric_weights<4>, half, real, clipped<half>, pixels,
                     lq_inputs<2>, lq_inputs<4>, abc_inputs<3>) {
    typename q::state s{};
    CHECK(never_falls<q>(s));
    REQUIRE(q::observe(s, std::vector<float>{0.5f, -1, 2, -0.25f}, role::inputs));
    CHECK(never_falls<q>(s));
  }

  TEST_CASE_TEMPLATE("a state is sound where it is finite and `limit` leaves it, and before anything was measured", q,
                     integer<4>, unsigned_integer<8>, lsq<4>, unsigned_lsq<8>, pact<4>, qil_weights<4>, qil_inputs<4>,
                     syq_weights<1>, syq_weights<2>, scaled_sign<>, magnitude_aware_sign<>, scaled_ternary<>,
                     trained_ternary, ternary<mean_threshold<>>, dorefa_weights<3>, symmetric_weights<8>, lq_weights<2>,
                     lq_inputs<3>, fine_ternary<4>, inq<2>, inq<5>, with_freeze<sign>, with_freeze<scaled_ternary<>>) {
    constexpr auto count = static_cast<std::size_t>(state_floats<q>);
    CHECK(is_sound<q>({}));
    typename q::state s{};
    REQUIRE(q::observe(s, std::vector<float>{0.5f, -1, 2, -0.25f}, role::weights));
    CHECK(is_sound<q>(s));
    for (std::size_t i = 0; i < count; ++i)
      for (const float bad : {-1.0f, std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -HUGE_VALF}) {
        auto floats = std::bit_cast<std::array<float, count>>(s);
        floats[i] = bad;
        auto spoilt = std::bit_cast<typename q::state>(floats);
        CHECK_FALSE(is_sound<q>(spoilt));
        q::limit(spoilt);
        CHECK(is_sound<q>(spoilt) == (bad < 0));
      }
  }

  TEST_CASE("a quantized value is scale times code") {
    CHECK(quantized<test::four_levels>(0.9f, {}) == 1.0f);
    CHECK(quantized<test::four_levels>(-0.1f, {}) == -1.0f / 3.0f);
    CHECK(quantized<power_of_two<3>>(0.3f, {}) == 0.25f);
    CHECK(quantized<integer<8>>(10.4f, {.g = 2.0f}) == 10.0f);
  }
}
