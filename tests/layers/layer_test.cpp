#include <minnow/layers/layer.hpp>

#include <doctest/doctest.h>

#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/quantize.hpp>
#include <minnow/quantize/sign.hpp>

using namespace minnow;

namespace {

/// A user's layer that is a function of one number.
struct square : same_shape {
  static constexpr text name() { return "square"; }
  static constexpr bool increasing = false;
  static float apply(float x) { return x * x; }
  static float slope(float x) { return 2 * x; }
};

/// A user's layer that changes the shape.
struct transpose {
  static constexpr text name() { return "transpose"; }
  static constexpr shape output(shape in) { return {in.width, in.height, in.channels}; }
  static constexpr fault check(shape) { return fault::none; }
};

struct with_a_state : square {
  float factor = 1;
};
struct without_a_name : same_shape {};

}  // namespace

static_assert(layer<square> && elementwise<square>);
static_assert(layer<transpose> && !elementwise<transpose>);
static_assert(!layer<with_a_state>, "a description has no state");
static_assert(!layer<without_a_name> && !layer<int>);
static_assert(!layer<chain<relu>>, "a chain stands for its parts");

static_assert(layer<batch_norm> && layer<bias> && layer<relu> && layer<quantize<sign>>);
static_assert(!elementwise<batch_norm> && !elementwise<bias>);

TEST_SUITE("layers/layer") {
  TEST_CASE("a layer of the same shape takes and gives any") {
    CHECK(same_shape::output({3, 4, 5}) == shape{3, 4, 5});
    CHECK(same_shape::check({3, 4, 5}) == fault::none);
  }
}
