#include <minnow/train/trainable.hpp>

#include <doctest/doctest.h>

using namespace minnow;

TEST_SUITE("train/trainable") {
  TEST_CASE("activations count their numbers, and the rows of channels among them") {
    const activations a{nullptr, 7, {3, 4, 5}};
    CHECK(a.size() == 7 * 60);
    CHECK(a.rows() == 7 * 12);
    CHECK(a.scale == 1);
    CHECK(a.max_code == 0);
  }

  TEST_CASE("a pass evaluates the quantized network unless told otherwise") {
    const pass p;
    CHECK(p.mode == mode::evaluate);
    CHECK(p.alpha == 1);
    CHECK(p.requantize);
    CHECK(!p.training());
    CHECK(!pass{.mode = mode::reestimate}.training());
    CHECK(pass{.mode = mode::train}.training());
  }
}
