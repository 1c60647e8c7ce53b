#include <minnow/core/role.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/train/network.hpp>

using namespace minnow;

// This namespace has a name because compilers report members of an unnamed namespace as unused if only a concept uses
// them.
namespace role_test {

/// observed[i] lists the roles that the calls of `observe` passed to quantizer i, in the order of the calls.
inline std::vector<role> observed[2];

/// A quantizer like `sign` that records its roles.
template <int Number>
struct recording : quantizer_base {
  static constexpr text name() { return "recording"; }
  static constexpr int bits = 2;
  static constexpr int max_code = 1;
  static float code(float x, const state&) { return x >= 0 ? 1.0f : -1.0f; }
  static constexpr float scale(const state&) { return 1; }
  static bool observe(state&, std::span<const float>, role r) {
    observed[Number].push_back(r);
    return true;
  }
};

}  // namespace role_test

using namespace role_test;

static_assert(role::inputs != role::weights);
static_assert(role{} == role::inputs);

TEST_SUITE("core/role") {
  TEST_CASE("a scheme's first quantizer observes inputs, its second one weights") {
    network<model<features<4>, dense<3, scheme<recording<0>, recording<1>>>>, aqe> net{seed{1}};
    for (auto& roles : observed) roles.clear();
    for (float& x : net.prepare(2)) x = 0.5f;
    (void)net.forward({.mode = mode::train, .alpha = 0.5f});
    for (const int number : {0, 1}) {
      CAPTURE(number);
      CHECK(!observed[number].empty());
      for (const role r : observed[number]) CHECK(r == (number == 0 ? role::inputs : role::weights));
    }
  }
}
