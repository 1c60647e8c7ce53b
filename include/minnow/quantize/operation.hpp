#pragma once

#include <bit>

#include <minnow/core/text.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// The operation that multiplies a layer's inputs and weights at inference, and its precision.
struct operation {
  enum class kind { xnor, shift, xnor_adder, shift_adder, mac };
  kind what = kind::mac;
  int precision = 32;    ///< number of bits of the arithmetic; the wider operand determines it
  bool floating = true;  ///< true for float, false for fixed point

  friend constexpr bool operator==(const operation&, const operation&) = default;

  [[nodiscard]] constexpr text kind_name() const {
    constexpr const char* names[] = {"XNOR", "SHIFT", "XNOR ADDER", "SHIFT ADDER", "MAC"};
    return names[static_cast<int>(what)];
  }
  [[nodiscard]] constexpr text name() const {
    return kind_name() << " " << precision
                       << (floating ? std::string_view("-bit float") : std::string_view("-bit fixed"));
  }
};

namespace detail {

/// The number of magnitude bits that a b-bit number of MINW-Net has in a fixed-point product: b - 1, but at least 1.
constexpr int fixed_precision(int bits) { return bits <= 2 ? 1 : bits - 1; }

}  // namespace detail

/// The operation for a product of inputs and weights according to the paper's table: the narrower of the two operands
/// determines the kind, the wider one the precision. Bytes and integers are not in the table and follow the same rule:
/// if one operand is stored as bit planes, the product adds (1 or 2 bits) or shifts (3 bits and more) the other
/// operand.
///
/// source  Chen et al. 2020, Tables I and II
template <quantizer Inputs, quantizer Weights>
[[nodiscard]] constexpr operation operation_of() {
  using kind = operation::kind;
  constexpr bool planes = is_planes(Inputs::storage) && is_planes(Weights::storage);
  constexpr bool one_has_planes = is_planes(Inputs::storage) || is_planes(Weights::storage);
  constexpr int narrow = Inputs::bits < Weights::bits ? Inputs::bits : Weights::bits;
  constexpr int wide = Inputs::bits < Weights::bits ? Weights::bits : Inputs::bits;
  constexpr bool floating = !is_integer(Inputs::storage) || !is_integer(Weights::storage);
  if constexpr (planes) return {narrow <= 2 ? kind::xnor : kind::shift, detail::fixed_precision(wide), false};
  if constexpr (one_has_planes) return {narrow <= 2 ? kind::xnor_adder : kind::shift_adder, wide, floating};
  return {kind::mac, wide, floating};
}

/// The operation's name as in the paper's table: "XNOR ADDER 16-bit float".
template <quantizer Inputs, quantizer Weights>
inline constexpr text operation_name = operation_of<Inputs, Weights>().name();

/// The operation as `summary` prints it, "XNOR ADDER 16x1 f16": its kind, the bits of inputs x weights and, for floats,
/// the precision. If the weights bound the sums (`max_sum`), also the bits of a sum: "MAC 8x4 sums 16".
template <quantizer Inputs, quantizer Weights>
inline constexpr text short_operation_name = [] {
  constexpr operation o = operation_of<Inputs, Weights>();
  text line = o.kind_name() << " " << Inputs::bits << "x" << Weights::bits;
  if (o.floating) line << " f" << o.precision;
  if constexpr (requires { Weights::max_sum; })
    line << " sums " << 1 + static_cast<int>(std::bit_width(1ull * Weights::max_sum * Inputs::max_code));
  return line;
}();

}  // namespace minnow
