#include <minnow/core/encoding.hpp>

#include <doctest/doctest.h>

#include <climits>

using namespace minnow;

static_assert(sizeof(word) * CHAR_BIT == word_bits && word_bits == 32);

static_assert(is_planes(encoding::bit) && is_planes(encoding::ternary) && is_planes(encoding::power_of_two));
static_assert(!is_planes(encoding::nibble) && !is_planes(encoding::byte) && !is_planes(encoding::pixel));
static_assert(!is_planes(encoding::half) && !is_planes(encoding::real));

static_assert(is_integer(encoding::bit) && is_integer(encoding::ternary) && is_integer(encoding::power_of_two));
static_assert(is_integer(encoding::nibble) && is_integer(encoding::byte) && is_integer(encoding::pixel));
static_assert(!is_planes(encoding::unsigned_nibble) && is_integer(encoding::unsigned_byte));
static_assert(!is_integer(encoding::half) && !is_integer(encoding::real));

static_assert(is_bytes(encoding::nibble) && is_bytes(encoding::byte) && is_bytes(encoding::unsigned_nibble) &&
              is_bytes(encoding::unsigned_byte));
static_assert(!is_bytes(encoding::pixel) && !is_bytes(encoding::ternary) && !is_bytes(encoding::half));
static_assert(is_unsigned(encoding::unsigned_nibble) && is_unsigned(encoding::unsigned_byte) &&
              !is_unsigned(encoding::byte));

TEST_SUITE("core/encoding") {
  TEST_CASE("the numbers of encodings, which files may keep, do not change") {
    CHECK(static_cast<int>(encoding::bit) == 0);
    CHECK(static_cast<int>(encoding::ternary) == 1);
    CHECK(static_cast<int>(encoding::power_of_two) == 2);
    CHECK(static_cast<int>(encoding::nibble) == 3);
    CHECK(static_cast<int>(encoding::byte) == 4);
    CHECK(static_cast<int>(encoding::pixel) == 5);
    CHECK(static_cast<int>(encoding::half) == 6);
    CHECK(static_cast<int>(encoding::real) == 7);
    CHECK(static_cast<int>(encoding::unsigned_nibble) == 8);
    CHECK(static_cast<int>(encoding::unsigned_byte) == 9);
  }
}
