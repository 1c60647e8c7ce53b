#pragma once

#include <minnow/quantize/concept.hpp>

namespace minnow {

/// Clips x to [-1, 1] (the paper's hard tanh), then applies a quantizer whose own range is wider. In networks of 16 and
/// 32 bits, where the paper says to "just remove the quantization layers", inputs are `clipped<half>` and
/// `clipped<real>`.
///
/// source  Chen et al. 2020, III.E and Table I
template <quantizer Quantizer>
struct clipped : Quantizer {
  static constexpr text name() { return text("clipped<") << Quantizer::name() << ">"; }

  template <class Value>
  static Value code(Value x, const typename Quantizer::state& s) noexcept(noexcept(Quantizer::code(x, s)))
    requires requires(Value v, const typename Quantizer::state& state) { Quantizer::code(v, state); }
  {
    return Quantizer::code((scalar::clamp)(x, Value(-1), Value(1)), s);
  }
  static constexpr interval range(const typename Quantizer::state&) noexcept { return {-1, 1}; }
};

}  // namespace minnow
