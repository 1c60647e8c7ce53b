#include <minnow/core/error.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>

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

  TEST_CASE("a text beyond 511 characters is cut") {
    const std::string shortest_cut(512, 'x');
    CHECK(std::string(status::failure("%s", shortest_cut.c_str()).message()) == std::string(511, 'x'));
    CHECK(std::string(status::failure("%s", shortest_cut.c_str() + 1).message()) == std::string(511, 'x'));
  }

  TEST_CASE("require throws the sentence of a failure and nothing else") {
    CHECK_NOTHROW(require(status()));
    CHECK_THROWS_WITH_AS(require(status::failure("found %d", 3)), "found 3", error);
  }
}
