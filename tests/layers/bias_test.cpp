#include <minnow/layers/bias.hpp>

#include <doctest/doctest.h>

using namespace minnow;

static_assert(layer<bias>);
static_assert(bias::output({3, 4, 5}) == shape{3, 4, 5});

TEST_SUITE("layers/bias") {
  TEST_CASE("has a stable name") { CHECK(bias::name().view() == "bias"); }
}
