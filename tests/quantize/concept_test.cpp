#include <minnow/quantize/concept.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/scheme.hpp>

#include "four_levels.hpp"

using namespace minnow;

// This namespace has a name because compilers report members of an unnamed namespace as unused if only a concept uses
// them.
namespace quantize_concept_test {

/// A quantizer without the members of quantizer_base.
struct without_base {
  using state = quantizer_base::state;
  static constexpr text name() { return "without_base"; }
  static constexpr int bits = 2;
  static constexpr int max_code = 3;
  static float code(float x, const state&) { return x; }
  static constexpr float scale(const state&) { return 1.0f / 3.0f; }
};

struct without_name : quantizer_base {
  static constexpr int bits = 1;
  static constexpr int max_code = 1;
  static float code(float x, const state&) { return x; }
  static constexpr float scale(const state&) { return 1; }
};
struct without_rule : quantizer_base {
  static constexpr text name() { return "without_rule"; }
  static constexpr int bits = 1;
  static constexpr int max_code = 1;
  static constexpr float scale(const state&) { return 1; }
};
struct with_a_state_on_the_heap : test::four_levels {
  struct state {
    std::vector<float> g;
  };
  static float code(float x, const state&) { return x; }
  static float scale(const state&) { return 1; }
  static interval range(const state&) { return {}; }
  static bool observe(state&, std::span<const float>, role) { return true; }
};

}  // namespace quantize_concept_test

using namespace quantize_concept_test;

static_assert(quantizer<test::four_levels>, "ten scalar lines are enough");
static_assert(!quantizer<without_base>, "what quantizer_base gives is part of the concept");
static_assert(!quantizer<without_name> && !quantizer<without_rule>);
static_assert(!quantizer<with_a_state_on_the_heap>, "files and checkpoints copy states as floats");
static_assert(!quantizer<int> && !quantizer<scheme<sign, sign>>);

static_assert(state_floats<sign> == 0 && state_floats<integer<8>> == 1 && state_floats<ternary<mean_threshold<>>> == 1);

TEST_SUITE("quantize/concept") {
  TEST_CASE("nothing to measure is measured with success") {
    sign::state s;
    CHECK(sign::observe(s, std::vector<float>{1, 2}, role::weights));
  }

  TEST_CASE("an interval is everything unless said otherwise") {
    CHECK(interval{}.low == -std::numeric_limits<float>::infinity());
    CHECK(interval{}.high == std::numeric_limits<float>::infinity());
  }
}
