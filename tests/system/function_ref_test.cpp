#include <minnow/system/function_ref.hpp>

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

using minnow::detail::function_ref;

namespace {

int twice(function_ref<int(int)> f) { return f(f(1)); }

}  // namespace

TEST_SUITE("system/function_ref") {
  TEST_CASE("calls constant, changing and temporary function objects") {
    int n = 3;
    const auto constant = [&n](int i) { return i + n; };
    auto counting = [calls = 0](int i) mutable { return i + ++calls; };
    CHECK(twice(constant) == 7);
    CHECK(twice(counting) == 4);
    CHECK(twice(counting) == 8);  // the object itself was called, not a copy
    CHECK(twice([](int i) { return 10 * i; }) == 100);
  }

  TEST_CASE("passes references on, and converts the result") {
    std::string text = "a";
    const auto append = [](std::string& to, const char* what) { return (to += what).size(); };
    const function_ref<long(std::string&, const char*)> f = append;
    CHECK(f(text, "bc") == 3);
    CHECK(text == "abc");
    const function_ref<void(std::string&, const char*)> without = append;
    without(text, "d");
    CHECK(text == "abcd");
  }

  TEST_CASE("takes only what can be called") {
    static_assert(std::is_constructible_v<function_ref<int(int)>, int (*&)(int)>);
    static_assert(!std::is_constructible_v<function_ref<int(int)>, std::string&>);
  }
}
