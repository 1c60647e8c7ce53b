#pragma once

#include <minnow/quantize/concept.hpp>

namespace minnow {

/// A quantizer of wide range after the papers' hard tanh: h(max(-1, min(1, x))). At 16 and 32 bits, the paper's "just
/// remove the quantization layers" leaves these inputs: `clipped<half>`, `clipped<real>`.
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
