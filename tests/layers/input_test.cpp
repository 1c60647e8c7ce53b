#include <minnow/layers/input.hpp>

#include <doctest/doctest.h>

#include <minnow/layers/activation.hpp>
#include <minnow/layers/model.hpp>

using namespace minnow;

static_assert(image<3, 32, 24>::dimensions == shape{32, 24, 3}, "channels first when written, last in memory");
static_assert(signal<2, 100>::dimensions == shape{1, 100, 2}, "a signal is an image of height 1");
static_assert(features<7>::dimensions == shape{1, 1, 7});

TEST_SUITE("layers/input") {
  TEST_CASE("signals are convolved along their length") {
    struct net : model<signal<2, 100>, conv<8, sign, kernel<1, 9>, stride<1, 2>>> {};
    CHECK(layer_graph<net>::output == shape{1, 50, 8});
  }

  TEST_CASE("features go through dense layers") {
    struct net : model<features<7>, dense<5>, relu, dense<3>> {};
    CHECK(layer_graph<net>::output == shape{1, 1, 3});
  }
}
