#include <minnow/core/error.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "comma_locale.hpp"

using namespace minnow;

static_assert(std::is_base_of_v<std::runtime_error, error>);
static_assert(std::is_trivially_copyable_v<status>, "no heap");
static_assert(!std::is_convertible_v<status, bool>, "a status is asked, it does not turn into a number by itself");

TEST_SUITE("core/error") {
  TEST_CASE("a status is well until it fails") {
    const status well;
    CHECK(well.ok());
    CHECK(static_cast<bool>(well));
    CHECK(std::string(well.message()).empty());
  }

  TEST_CASE("a failure says what was expected and what was found") {
    const status failed = status::failure("expected %d labels, found %s", 10, "none");
    CHECK_FALSE(failed.ok());
    CHECK_FALSE(static_cast<bool>(failed));
    CHECK(std::string(failed.message()) == "expected 10 labels, found none");
  }

  TEST_CASE("a failure without a text is still a failure") { CHECK_FALSE(status::failure("%s", "").ok()); }

  TEST_CASE("a text of 511 characters is whole, a longer one loses its middle") {
    const std::string longer(512, 'x');
    CHECK(std::string(status::failure("%s", longer.c_str() + 1).message()) == std::string(511, 'x'));
    const std::string shortened = status::failure("%s", longer.c_str()).message();
    CHECK(shortened.size() < 511);
    CHECK(shortened.find("xxx...xxx") != std::string::npos);
  }

  TEST_CASE("numbers have a decimal point in every locale, and the caller's locale stays") {
    const test::comma_locale comma;
    if (!comma.found()) {
      MESSAGE("no locale with a decimal comma here, and no localedef");
      return;
    }
    CHECK(std::string(status::failure("found %g, %f and %.3a", 0.5, 1.25, 3.0).message()) ==
          "found 0.5, 1.250000 and 0x1.800p+1");
    char text[16];
    std::snprintf(text, sizeof text, "%.1f", 0.5);
    CHECK(std::string(text) == "0,5");
  }

  TEST_CASE("the system's sentences are the same in every locale") {
    const std::string expected = detail::system_text(ENOENT);
    CHECK(expected == "No such file or directory");
    const test::comma_locale comma;
    CHECK(detail::system_text(ENOENT) == expected);
  }

  TEST_CASE("the first exception of several is kept and thrown once") {
    detail::first_exception failure;
    failure.keep([] {});
    CHECK_FALSE(failure.caught());
    CHECK_NOTHROW(failure.pass_on());
    failure.keep([] { throw std::domain_error("first"); });
    failure.keep([] { throw std::domain_error("second"); });
    CHECK(failure.caught());
    CHECK_THROWS_WITH_AS(failure.pass_on(), "first", std::domain_error);
    CHECK_NOTHROW(failure.pass_on());
  }

  TEST_CASE("require throws the sentence of a failure and nothing else") {
    CHECK_NOTHROW(require(status()));
    CHECK_THROWS_WITH_AS(require(status::failure("found %d", 3)), "found 3", error);
  }
}
