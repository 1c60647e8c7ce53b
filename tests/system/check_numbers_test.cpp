#include <minnow/system/check_numbers.hpp>

#include <doctest/doctest.h>

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

using namespace minnow;
using detail::domain;

namespace {

std::string said(const char* array, std::vector<float> values, const char* layer = "2.0") {
  return detail::check_numbers("f", layer, array, values).message();
}

}  // namespace

TEST_SUITE("system/check_numbers") {
  TEST_CASE("a number is in a domain as its formula says, for every kind of float") {
    const float values[] = {0.0f,         -0.0f,         1.0f,       -1.0f,    0.5f,      FLT_MAX, -FLT_MAX,
                            FLT_TRUE_MIN, -FLT_TRUE_MIN, 1.0000001f, INFINITY, -INFINITY, NAN,     -NAN};
    for (const float x : values) {
      CAPTURE(x);
      const bool finite = std::isfinite(x);
      CHECK(detail::is_in(domain::any, x));
      CHECK_EQ(detail::is_in(domain::finite, x), finite);
      CHECK_EQ(detail::is_in(domain::not_negative, x), finite && x >= 0);
      CHECK_EQ(detail::is_in(domain::positive, x), finite && x > 0);
      CHECK_EQ(detail::is_in(domain::share, x), finite && x >= 0 && x <= 1);
    }
  }

  TEST_CASE("a sentence names the file, the layer, the array, the number and its place") {
    CHECK_EQ(said("weights", {1, 2, NAN}), "f: layer 2.0: expected finite numbers in 'weights', found nan at index 2");
    CHECK_EQ(said("weights", {-NAN}), "f: layer 2.0: expected finite numbers in 'weights', found nan at index 0");
    CHECK_EQ(said("weights", {1, -INFINITY}),
             "f: layer 2.0: expected finite numbers in 'weights', found -inf at index 1");
    CHECK_EQ(said("variance", {0, 1, -2}),
             "f: layer 2.0: expected numbers of at least 0 in 'variance', found -2 at index 2");
    CHECK_EQ(said("stddev", {1, 0}, ""), "f: expected numbers above 0 in 'stddev', found 0 at index 1");
    CHECK_EQ(said("stale_statistics", {2}),
             "f: layer 2.0: expected numbers from 0 to 1 in 'stale_statistics', found 2 at index 0");
    CHECK_EQ(said("weights", {1, -2}), "");
    CHECK_EQ(said("variance", {0, 1}), "");
    CHECK_EQ(said("weights", {}), "");
  }

  TEST_CASE("floats may be at any address") {
    std::vector<std::byte> bytes(13);
    const float values[] = {1, 2, NAN};
    std::memcpy(bytes.data() + 1, values, sizeof values);
    CHECK(!detail::check_numbers("f", "", "w", std::span(bytes).subspan(1), domain::finite).ok());
    CHECK(detail::check_numbers("f", "", "w", std::span(bytes).subspan(1, 8), domain::finite).ok());
  }
}
