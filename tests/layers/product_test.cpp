#include <minnow/layers/product.hpp>

#include <doctest/doctest.h>

#include <cstdint>

#include <minnow/layers/activation.hpp>
#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>

using namespace minnow;

static_assert(product_layer<conv<3>> && product_layer<dense<3>>);
static_assert(!product_layer<relu> && !product_layer<int>);

static_assert(std::is_same_v<detail::scheme_of<minw<2, 1>>::inputs, ternary<>>);
static_assert(std::is_same_v<detail::scheme_of<minw<2, 1>>::weights, sign>);
static_assert(std::is_void_v<detail::scheme_of<sign>::inputs> &&
              std::is_same_v<detail::scheme_of<sign>::weights, sign>);

namespace {

/// Checks that the longest permitted sum of the largest codes fits in 32 bits, and that a sum with one more product
/// does not.
template <class Inputs, class Weights>
constexpr bool just_fits() {
  constexpr long long largest = static_cast<long long>(Inputs::max_code) * Weights::max_code;
  constexpr long long longest = detail::longest_sum<Inputs, Weights>();
  return longest * largest <= INT32_MAX && (longest + 1) * largest > INT32_MAX;
}

}  // namespace

static_assert(just_fits<sign, sign>() && just_fits<pixels, sign>() && just_fits<pixels, power_of_two<3>>());
static_assert(just_fits<integer<8>, integer<8>>() && just_fits<integer<8>, integer<4>>());
static_assert(just_fits<power_of_two<4>, power_of_two<4>>() && just_fits<pixels, integer<8>>());

TEST_SUITE("layers/product") {
  TEST_CASE("float sums have no longest") {
    CHECK(detail::longest_sum<real, sign>() == INT64_MAX);
    CHECK(detail::longest_sum<sign, half>() == INT64_MAX);
    CHECK(detail::longest_sum<real, real>() == INT64_MAX);
  }
}
