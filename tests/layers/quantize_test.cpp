#include <minnow/layers/quantize.hpp>

#include <doctest/doctest.h>

#include <minnow/quantize/scheme.hpp>

using namespace minnow;

static_assert(layer<quantize<sign>> && layer<quantize<clipped<half>>>);
static_assert(quantize<sign>::output({3, 4, 5}) == shape{3, 4, 5});
static_assert(std::is_same_v<quantize<ternary<>>::inputs, ternary<>>);

TEST_SUITE("layers/quantize") {
  TEST_CASE("takes quantizers of inputs") {
    CHECK(quantize<sign>::check({1, 1, 1}) == fault::none);
    CHECK(quantize<integer<8>>::check({1, 1, 1}) == fault::none);
    CHECK(quantize<pixels>::check({1, 1, 1}) == fault::none);
  }

  TEST_CASE("refuses quantizers of weights") {
    CHECK(quantize<integer<8, per_channel>>::check({1, 1, 1}) == fault::input_quantizer);
    CHECK(quantize<ternary<mean_threshold<>>>::check({1, 1, 1}) == fault::input_quantizer);
  }

  TEST_CASE("has a stable name") {
    CHECK(quantize<sign>::name().view() == "quantize<sign>");
    CHECK(quantize<clipped<half>>::name().view() == "quantize<clipped<half>>");
  }
}
