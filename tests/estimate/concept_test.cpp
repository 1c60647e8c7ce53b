#include <minnow/estimate/concept.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/quantize/sign.hpp>

using namespace minnow;

// This namespace has a name because compilers report members of an unnamed namespace as unused if only a concept uses
// them.
namespace estimate_concept_test {

/// A user-defined estimator whose slope is the derivative of tanh. `slope` takes one float at a time, no SIMD vectors.
struct soft : estimator_base {
  static constexpr text name() { return "soft"; }
  static constexpr float quantized_fraction(float) { return 1; }
  static float slope(role, float, float a, bool) { return 1 - std::tanh(a) * std::tanh(a); }
};

struct without_slope : estimator_base {
  static constexpr text name() { return "without_slope"; }
  static constexpr float quantized_fraction(float) { return 1; }
};
struct without_step_scale {
  static constexpr text name() { return "without_step_scale"; }
  static constexpr bool stochastic = false;
  static constexpr float quantized_fraction(float) { return 1; }
  static float slope(role, float, float, bool) { return 1; }
};

}  // namespace estimate_concept_test

using namespace estimate_concept_test;

static_assert(estimator<soft>, "five scalar lines are enough");
static_assert(!estimator<without_slope> && !estimator<without_step_scale>);
static_assert(!estimator<sign> && !estimator<float>);
static_assert(!estimator_base::stochastic);

TEST_SUITE("estimate/concept") {
  TEST_CASE("a plain estimator takes full steps") {
    for (const float alpha : {0.0f, 0.5f, 1.0f}) CHECK(soft::learning_rate_scale(alpha) == 1);
  }
}
