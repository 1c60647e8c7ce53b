#include <minnow/core/index.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <type_traits>

using namespace minnow;

static_assert(std::is_same_v<decltype(index(3)), std::size_t> && noexcept(index(3)));
static_assert(index(std::ptrdiff_t{5}) == 5u && index(std::int16_t{7}) == 7u && index(9u) == 9u);
template <class Number>
concept indexes = requires(Number n) { index(n); };
static_assert(indexes<std::uint64_t> && !indexes<float> && !indexes<std::byte>, "only integers are indices");

TEST_SUITE("core/index") {
  TEST_CASE("keeps every number that is not negative") {
    for (const int n : {0, 1, 255, 65536, std::numeric_limits<int>::max()}) CHECK(static_cast<int>(index(n)) == n);
  }
}
