#include <minnow/layers/activation.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(elementwise<relu> && elementwise<relu6> && elementwise<hard_tanh>);
static_assert(relu::increasing && relu6::increasing && hard_tanh::increasing);
static_assert(relu::output({3, 4, 5}) == shape{3, 4, 5} && hard_tanh::check({3, 4, 5}) == fault::none);

namespace {

template <class Layer>
void check_rises() {
  auto xs = test::values({6.0f});
  std::sort(xs.begin(), xs.end());
  for (std::size_t i = 1; i < xs.size(); ++i)
    if (!(Layer::apply(xs[i - 1]) <= Layer::apply(xs[i]))) FAIL_CHECK("falls at ", xs[i]);
}

template <class Layer>
void check_lanes() {
  const auto xs = test::with_nan(test::values({6.0f}));
  CHECK(test::lane_difference(xs, [](auto x) { return Layer::apply(x); }) == "");
  CHECK(test::lane_difference(xs, [](auto x) { return Layer::slope(x); }) == "");
}

}  // namespace

TEST_SUITE("layers/activation") {
  TEST_CASE("relu passes what is positive and stops the rest") {
    CHECK(test::difference(test::values(), relu::apply<float>, [](double x) { return std::max(0.0, x); }) == "");
    CHECK(test::difference(test::values(), relu::slope<float>, [](double x) { return x > 0 ? 1 : 0; }) == "");
    CHECK(relu::slope(0.0f) == 0);
  }

  TEST_CASE("relu6 passes (0, 6) and clips the rest") {
    const auto clip = [](double x) { return std::max(0.0, std::min(6.0, x)); };
    const auto xs = test::values({6.0f});
    CHECK(test::difference(xs, relu6::apply<float>, clip) == "");
    CHECK(test::difference(xs, relu6::slope<float>, [](double x) { return x > 0 && x < 6 ? 1 : 0; }) == "");
    CHECK(relu6::slope(0.0f) == 0);
    CHECK(relu6::slope(6.0f) == 0);
  }

  TEST_CASE("hard tanh passes [-1, 1] and clips the rest") {
    const auto clip = [](double x) { return std::max(-1.0, std::min(1.0, x)); };
    CHECK(test::difference(test::values(), hard_tanh::apply<float>, clip) == "");
    CHECK(test::difference(test::values(), hard_tanh::slope<float>,
                           [](double x) { return std::abs(x) <= 1 ? 1 : 0; }) == "");
    CHECK(hard_tanh::slope(1.0f) == 1);
    CHECK(hard_tanh::slope(-1.0f) == 1);
  }

  TEST_CASE("NaN stays NaN") {
    CHECK(std::isnan(relu::apply(test::nan)));
    CHECK(std::isnan(relu6::apply(test::nan)));
    CHECK(std::isnan(hard_tanh::apply(test::nan)));
  }

  TEST_CASE("never falls, as packing relies on") {
    check_rises<relu>();
    check_rises<relu6>();
    check_rises<hard_tanh>();
  }

  TEST_CASE("is the same for a SIMD batch") {
    check_lanes<relu>();
    check_lanes<relu6>();
    check_lanes<hard_tanh>();
  }

  TEST_CASE("has stable names") {
    CHECK(relu::name().view() == "relu");
    CHECK(relu6::name().view() == "relu6");
    CHECK(hard_tanh::name().view() == "hard_tanh");
  }
}
