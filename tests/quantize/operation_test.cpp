#include <minnow/quantize/operation.hpp>

#include <doctest/doctest.h>

#include <string_view>

#include <minnow/quantize/scheme.hpp>

using namespace minnow;

namespace {

template <class Inputs, class Weights>
constexpr bool runs_as(std::string_view expected) {
  return operation_of<Inputs, Weights>().name().view() == expected;
}

template <int M, int N>
constexpr bool row(std::string_view expected) {
  return runs_as<typename minw<M, N>::inputs, typename minw<M, N>::weights>(expected);
}

using a8 = integer<8>;
using a4 = integer<4>;
using w8 = integer<8, per_channel>;
using w4 = integer<4, per_channel>;

}  // namespace

// The rows of Chen et al. 2020, Table I, for M-bit inputs and N-bit weights. Table II has the same rows.
static_assert(row<1, 1>("XNOR 1-bit fixed"));
static_assert(row<1, 2>("XNOR 1-bit fixed"));
static_assert(row<1, 3>("XNOR 2-bit fixed"));
static_assert(row<1, 16>("XNOR ADDER 16-bit float"));
static_assert(row<2, 1>("XNOR 1-bit fixed"));
static_assert(row<2, 2>("XNOR 1-bit fixed"));
static_assert(row<2, 3>("XNOR 2-bit fixed"));
static_assert(row<2, 16>("XNOR ADDER 16-bit float"));
static_assert(row<3, 1>("XNOR 2-bit fixed"));
static_assert(row<3, 2>("XNOR 2-bit fixed"));
static_assert(row<3, 3>("SHIFT 2-bit fixed"));
static_assert(row<3, 16>("SHIFT ADDER 16-bit float"));
static_assert(row<16, 1>("XNOR ADDER 16-bit float"));
static_assert(row<16, 2>("XNOR ADDER 16-bit float"));
static_assert(row<16, 3>("SHIFT ADDER 16-bit float"));
static_assert(row<32, 32>("MAC 32-bit float"));

// Pairs that the table does not list: 16 x 16, and 32-bit inputs, which occur in every first layer that reads an image
// of floats.
static_assert(row<16, 16>("MAC 16-bit float"));
static_assert(row<32, 1>("XNOR ADDER 32-bit float"));
static_assert(row<32, 2>("XNOR ADDER 32-bit float"));
static_assert(row<32, 3>("SHIFT ADDER 32-bit float"));
static_assert(row<32, 16>("MAC 32-bit float"));
static_assert(runs_as<real, sign>("XNOR ADDER 32-bit float"), "the clip does not change the operation");
static_assert(runs_as<half, power_of_two<3>>("SHIFT ADDER 16-bit float"));

static_assert(runs_as<pixels, sign>("XNOR ADDER 8-bit fixed"));
static_assert(runs_as<pixels, ternary<>>("XNOR ADDER 8-bit fixed"));
static_assert(runs_as<pixels, power_of_two<3>>("SHIFT ADDER 8-bit fixed"));

// Checks Liu & Mattina 2019, Eq. 7: integers use multiply-accumulate, for both granularities of the weights.
static_assert(runs_as<a8, integer<8>>("MAC 8-bit fixed") && runs_as<a8, w8>("MAC 8-bit fixed"));
static_assert(runs_as<a8, integer<4>>("MAC 8-bit fixed") && runs_as<a8, w4>("MAC 8-bit fixed"));
static_assert(runs_as<a4, integer<4>>("MAC 4-bit fixed") && runs_as<a4, w4>("MAC 4-bit fixed"));
static_assert(runs_as<a8, sign>("XNOR ADDER 8-bit fixed"));
static_assert(runs_as<a8, power_of_two<3>>("SHIFT ADDER 8-bit fixed"));

// Inputs with one bit more than the paper uses.
static_assert(runs_as<power_of_two<4>, sign>("XNOR 3-bit fixed"));
static_assert(runs_as<power_of_two<4>, power_of_two<3>>("SHIFT 3-bit fixed"));

TEST_SUITE("quantize/operation") {
  TEST_CASE("states kind, precision and arithmetic apart") {
    const operation o = operation_of<minw<3, 16>::inputs, minw<3, 16>::weights>();
    CHECK(o.what == operation::kind::shift_adder);
    CHECK(o.precision == 16);
    CHECK(o.floating);
    CHECK(o != operation_of<minw<3, 3>::inputs, minw<3, 3>::weights>());
  }

  TEST_CASE("no pair with a side of 1 to 3 bits multiplies") {
    const auto multiplies = []<int... Bits>(std::integer_sequence<int, Bits...>) {
      const auto with = []<int Narrow>(std::integral_constant<int, Narrow>) {
        return ((operation_of<typename minw<Narrow, Bits>::inputs, typename minw<Narrow, Bits>::weights>().what ==
                     operation::kind::mac ||
                 operation_of<typename minw<Bits, Narrow>::inputs, typename minw<Bits, Narrow>::weights>().what ==
                     operation::kind::mac) ||
                ...);
      };
      return with(std::integral_constant<int, 1>{}) || with(std::integral_constant<int, 2>{}) ||
             with(std::integral_constant<int, 3>{});
    };
    CHECK_FALSE(multiplies(std::integer_sequence<int, 1, 2, 3, 16, 32>{}));
  }
}
