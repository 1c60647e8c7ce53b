#include <minnow/core/sentence.hpp>

#include <doctest/doctest.h>

#include <cfloat>
#include <climits>
#include <cmath>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include <minnow/core/error.hpp>

#include "comma_locale.hpp"

using namespace minnow;

namespace {

/// Returns the C library's formatting of the same arguments.
template <class... Arguments>
std::string printed(const char* format, Arguments... arguments) {
  char text[512];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

#define CHECK_PRINTED(...) CHECK_EQ(std::string(status::failure(__VA_ARGS__).message()), printed(__VA_ARGS__))

}  // namespace

TEST_SUITE("core/sentence") {
  TEST_CASE("what fits is formatted as the C library does") {
    CHECK_PRINTED("%s", "text");
    CHECK_PRINTED("%d %i %5d|%-5d|%05d|%+d %d", 1, -2, 3, 4, 5, 6, INT_MIN);
    CHECK_PRINTED("%u %x %08X %o %#x", 7u, 255u, 0xabcdu, 8u, 16u);
    CHECK_PRINTED("%ld %lu %lld %llu %016llx", -1l, 2ul, LLONG_MIN, ULLONG_MAX, 0x1234ull);
    CHECK_PRINTED("%zu %td %jd", std::size_t{5}, std::ptrdiff_t{-6}, std::intmax_t{7});
    CHECK_PRINTED("%f %g %.3g %10.2f %e %.0f %g %g", 1.5, 1e-9, 2.0 / 3, 3.14159, 1e100, 2.5, INFINITY, DBL_MIN);
    CHECK_PRINTED("%.3s|%10s|%-10s|%.*s", "abcdef", "right", "left", 2, "xyz");
    CHECK_PRINTED("%c%c 100%%", 'a', 'b');
    CHECK_PRINTED("%*d|%-*d", 6, 42, 6, 42);
    CHECK_PRINTED("%f", DBL_MAX);
  }

  TEST_CASE("texts are shortened in the middle, so that a sentence keeps its end, whatever their lengths and number") {
    for (const std::size_t length :
         {std::size_t{100}, std::size_t{511}, std::size_t{600}, std::size_t{4096}, std::size_t{100'000}}) {
      const std::string path = "/begin" + std::string(length, 'd') + "/end";
      const std::string one = status::failure("%s: expected %d labels, found %s", path.c_str(), 10, "none").message();
      CHECK(one.size() <= 511);
      CHECK(one.starts_with("/begin"));
      CHECK(one.ends_with("/end: expected 10 labels, found none"));
      const std::string two = status::failure("%s: expected %d labels, one for each image of %s, found %zu",
                                              path.c_str(), 10, path.c_str(), std::size_t{3})
                                  .message();
      CHECK(two.find("/end: expected 10 labels, one for each image of /begin") != std::string::npos);
      CHECK(two.ends_with("/end, found 3"));
      const std::string part = status::failure("%.*s: reason", static_cast<int>(path.size()), path.c_str()).message();
      CHECK(part.ends_with("/end: reason"));
      CHECK((part.find("...") != std::string::npos) == (path.size() > 503));
    }
  }

  TEST_CASE("characters of several bytes are not cut") {
    for (std::size_t before = 0; before < 4; ++before) {
      std::string path(before, 'x');
      for (int i = 0; i < 300; ++i) path += "\xe2\x82\xac";  // a euro sign
      const std::string text = status::failure("%s: reason", path.c_str()).message();
      const std::size_t dots = text.find("...");
      REQUIRE(dots != std::string::npos);
      CHECK_EQ((dots - before) % 3, 0);
      CHECK_EQ(text.substr(dots + 3, 3), "\xe2\x82\xac");
    }
  }

  TEST_CASE("a sentence that is too long without its texts loses its end and nothing else") {
    const std::string format = "%s" + std::string(600, 'x');
    char text[512];
    const auto write = [&](const char* with, ...) {
      std::va_list arguments;
      va_start(arguments, with);
      detail::sentence(text, sizeof text).write(with, arguments);
      va_end(arguments);
    };
    write(format.c_str(), "a long path");
    CHECK_EQ(std::string(text).size(), 511);
  }

  TEST_CASE("numbers have a decimal point in a locale with a comma") {
    const test::comma_locale locale;
    if (!locale.found()) MESSAGE("no locale with a decimal comma here");
    CHECK_EQ(std::string(status::failure("found %g and %8.3f", 0.5, -1.25).message()), "found 0.5 and   -1.250");
  }
}
