#include <minnow/quantize/pixels.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <minnow/quantize/properties.hpp>

#include "lanes.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(quantizer<pixels> && quantizer<unsigned_pixels>);
static_assert(unsigned_pixels::storage == encoding::unsigned_byte && unsigned_pixels::max_code == 255);
static_assert(!unsigned_pixels::supports(role::weights));
static_assert(pixels::bits == 8 && pixels::storage == encoding::pixel && pixels::max_code == 255);
static_assert(pixels::supports(role::inputs) && !pixels::supports(role::weights));

namespace {

std::vector<float> all_bytes() {
  std::vector<float> xs;
  for (int p = 0; p <= 255; ++p) xs.push_back(static_cast<float>(p));
  return xs;
}

}  // namespace

TEST_SUITE("quantize/pixels") {
  TEST_CASE("byte p is the code 2p - 255") {
    const auto code = [](float p) { return pixels::code(p, {}); };
    CHECK(test::difference(all_bytes(), code, [](double p) { return 2 * p - 255; }) == "");
    CHECK(test::lane_difference(all_bytes(), [](auto p) { return pixels::code(p, {}); }) == "");
  }

  TEST_CASE("codes run from -255 to 255 and stand for -1 to 1") {
    CHECK(pixels::code(0.0f, {}) == -pixels::max_code);
    CHECK(pixels::code(255.0f, {}) == pixels::max_code);
    CHECK(quantized<pixels>(0.0f, {}) == -1);
    CHECK(quantized<pixels>(255.0f, {}) == 1);
    CHECK(pixels::range({}).low == -1);
    CHECK(pixels::range({}).high == 1);
  }

  TEST_CASE("every byte stands for 2p/255 - 1") {
    // There are two roundings to float: of 1/255, and of its product with the code.
    for (const float p : all_bytes())
      CHECK(std::abs(quantized<pixels>(p, {}) - (2.0 * p - 255) / 255) <= 0x1p-23 * std::abs(2.0 * p - 255) / 255);
  }

  TEST_CASE("has a stable name") {
    CHECK(pixels::name().view() == "pixels");
    CHECK(unsigned_pixels::name().view() == "unsigned_pixels");
  }

  TEST_CASE("an unsigned byte p is its own code and stands for p / 255") {
    CHECK(test::difference(
              all_bytes(), [](float p) { return unsigned_pixels::code(p, {}); }, [](double p) { return p; }) == "");
    CHECK(test::lane_difference(all_bytes(), [](auto p) { return unsigned_pixels::code(p, {}); }) == "");
    for (const float p : all_bytes())
      CHECK(std::abs(quantized<unsigned_pixels>(p, {}) - static_cast<double>(p) / 255) <= 0x1p-23);
    CHECK(unsigned_pixels::range({}).low == 0);
    CHECK(unsigned_pixels::range({}).high == 1);
  }
}
