#pragma once

#include <minnow/quantize/concept.hpp>

namespace minnow {

/// A quantizer of wide range behind the papers' hard tanh: h(max(-1, min(1, x))). What "just remove the quantization
/// layers" leaves at 16 and 32 bits: `clipped<half>`, `clipped<real>`.
///
/// source  Chen et al. 2020, III.E and Table I
template <quantizer Q>
struct clipped : Q {
  static constexpr text name() { return text("clipped<") << Q::name() << ">"; }

  template <class V>
  static V code(V x, const typename Q::state& s) noexcept(noexcept(Q::code(x, s)))
    requires requires(V v, const typename Q::state& state) { Q::code(v, state); }
  {
    return Q::code(scalar::clamp(x, V(-1), V(1)), s);
  }
  static constexpr interval range(const typename Q::state&) noexcept { return {-1, 1}; }
};

}  // namespace minnow
