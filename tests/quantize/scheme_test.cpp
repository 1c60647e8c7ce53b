#include <minnow/quantize/scheme.hpp>

#include <doctest/doctest.h>

#include <type_traits>

#include <minnow/quantize/properties.hpp>

using namespace minnow;

namespace {

template <int Bits, class Inputs, class Weights>
constexpr bool minw_is() {
  return std::is_same_v<typename minw<Bits, 1>::inputs, Inputs> &&
         std::is_same_v<typename minw<1, Bits>::weights, Weights>;
}

}  // namespace

// The number of bits selects the quantizer: 1 sign, 2 ternary, 3 power of two, 16 half, 32 real. Inputs are clipped for
// every number of bits; weights are not.
static_assert(minw_is<1, sign, sign>());
static_assert(minw_is<2, ternary<>, ternary<>>());
static_assert(minw_is<3, power_of_two<3>, power_of_two<3>>());
static_assert(minw_is<16, clipped<half>, half>());
static_assert(minw_is<32, clipped<real>, real>());

static_assert(std::is_same_v<minw<2, 1>, scheme<ternary<>, sign>>,
              "M bits of inputs come first, N bits of weights second");
static_assert(std::is_empty_v<minw<1, 1>>);

TEST_SUITE("quantize/scheme") {
  TEST_CASE("inputs of every minw are clipped to [-1, 1]") {
    const auto clips = []<int... Bits>(std::integer_sequence<int, Bits...>) {
      return ((minw<Bits, 1>::inputs::range({}).low == -1 && minw<Bits, 1>::inputs::range({}).high == 1) && ...);
    };
    CHECK(clips(std::integer_sequence<int, 1, 2, 3, 16, 32>{}));
  }

  TEST_CASE("a bare half or real in a scheme does not clip") {
    CHECK(quantized<scheme<half, sign>::inputs>(3.0f, {}) == 3);
    CHECK(quantized<scheme<real, sign>::inputs>(3.0f, {}) == 3);
    CHECK(quantized<minw<16, 1>::inputs>(3.0f, {}) == 1);
    CHECK(quantized<minw<32, 1>::inputs>(3.0f, {}) == 1);
  }
}
