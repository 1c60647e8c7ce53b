#pragma once

#include <minnow/layers/product.hpp>

namespace minnow {

/// Fully connected layer. Flattens its input in memory order (y, x, c).
///
/// in (H,W,C) -> out (1,1,Units)
/// Scheme   scheme<Inputs, Weights>, short for quantize<Inputs> before dense<Units, Weights>; or the weights' quantizer
///          alone
/// weights  (Units, 1, 1, H·W·C)
template <int Units, class Scheme = real>
struct dense {
  static_assert(Units > 0, "minnow: a dense layer has at least one unit");
  using weights = typename detail::scheme_of<Scheme>::weights;

  static constexpr geometry over(shape in) { return dense_over(in, Units); }
  static constexpr text name() { return text("dense<") << Units << "," << weights::name() << ">"; }
  static constexpr shape output(shape in) { return over(in).out; }
  static constexpr fault check(shape) { return fault::none; }
};

}  // namespace minnow
