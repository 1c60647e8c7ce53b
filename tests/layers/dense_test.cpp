#include <minnow/layers/dense.hpp>

#include <doctest/doctest.h>

using namespace minnow;

static_assert(layer<dense<10>> && product_layer<dense<10, sign>>);
static_assert(dense<10>::output({1, 1, 512}) == shape{1, 1, 10});
static_assert(dense<10>::output({4, 4, 512}) == shape{1, 1, 10}, "flattens its input");
static_assert(dense<10>::over({4, 4, 512}).inputs() == 8192);
static_assert(std::is_same_v<dense<10>::weights, real> && std::is_same_v<dense<10, ternary<>>::weights, ternary<>>);
static_assert(std::is_same_v<dense<10, minw<2, 1>>::weights, sign>);

TEST_SUITE("layers/dense") {
  TEST_CASE("counts weights and multiply-accumulates") {
    CHECK(dense<10>::over({4, 4, 512}).weights() == 81920);
    CHECK(dense<10>::over({4, 4, 512}).macs() == 81920);
  }

  TEST_CASE("takes any shape") { CHECK(dense<10>::check({1, 1, 1}) == fault::none); }

  TEST_CASE("has a stable name") {
    CHECK(dense<10>::name().view() == "dense<10,real>");
    CHECK(dense<512, power_of_two<3>>::name().view() == "dense<512,power_of_two<3>>");
  }
}
