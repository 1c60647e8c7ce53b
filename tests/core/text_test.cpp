#include <minnow/core/text.hpp>

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace minnow;

static_assert(text().view().empty());
static_assert((text("conv<") << 64 << "," << text("sign") << ">").view() == "conv<64,sign>");
static_assert((text() << 0).view() == "0" && (text() << -7).view() == "-7" && (text() << 1000).view() == "1000");
static_assert((text() << std::numeric_limits<int>::min()).view() == "-2147483648");
static_assert((text() << std::numeric_limits<long long>::max()).view() == "9223372036854775807");
static_assert(text("a") == text(std::string_view("a")) && !(text("a") == text("ab")) && !(text("a") == text("b")));
static_assert(literal("2.0").view() == "2.0", "without the terminating zero");

// A text of 191 characters and their terminating zero. A longer text does not compile
// (compile_error/name_too_long.cpp).
constexpr text longest = [] {
  text t;
  for (int i = 0; i < 191; ++i) t << "x";
  return t;
}();
static_assert(longest.view().size() == 191 && longest.c_str()[190] == 'x' && longest.c_str()[191] == '\0');

// The published FNV-1a values of "" and "a".
static_assert(hash("") == 0xcbf29ce484222325u);
static_assert(hash("a") == 0xaf63dc4c8601ec8cu);
static_assert(hash("foobar") == 0x85944171f73967e8u);
static_assert(hash("bar", hash("foo")) == hash("foobar"), "a seed continues an earlier hash");
static_assert(hash("ab") != hash("ba"));

TEST_SUITE("core/text") {
  TEST_CASE("ends in a zero for C") {
    const text t = text("stride ") << 2 << "x" << 2;
    CHECK(std::string(t.c_str()) == "stride 2x2");
  }

  TEST_CASE("characters above 127 hash as bytes") {
    const char bytes[] = {static_cast<char>(0xc3), static_cast<char>(0xa9)};
    std::uint64_t expected = 0xcbf29ce484222325u;
    for (const unsigned byte : {0xc3u, 0xa9u}) expected = (expected ^ byte) * 0x100000001b3u;
    CHECK(hash({bytes, 2}) == expected);
  }
}
