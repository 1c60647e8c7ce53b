#pragma once

#include <limits>

#include <minnow/layers/options.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/scheme.hpp>

namespace minnow {

/// A layer that multiplies its inputs by weights: `conv`, `depthwise_conv`, `dense`.
template <class Layer>
concept product_layer = layer<Layer> && requires(shape in) {
  typename Layer::weights;
  { Layer::over(in) } -> std::convertible_to<geometry>;
};

namespace detail {

/// True if a product's channels are divided into groups.
template <product_layer Layer>
inline constexpr bool is_grouped = [] {
  if constexpr (requires { Layer::grouped; }) return Layer::grouped;
  else return false;
}();

/// The quantizers from a product's scheme parameter: scheme<Inputs, Weights>, or the weights' quantizer alone.
template <class Scheme>
struct scheme_of {
  static_assert(quantizer<Scheme>, "minnow: a product takes a scheme<Inputs, Weights>, or a quantizer for its weights");
  using inputs = void;
  using weights = Scheme;
};
template <class Inputs, class Weights>
struct scheme_of<scheme<Inputs, Weights>> {
  using inputs = typename scheme<Inputs, Weights>::inputs;
  using weights = typename scheme<Inputs, Weights>::weights;
};

/// The largest K for which a sum of K products, each of an input code and a weight code, fits in 32 bits. Unlimited if
/// the inputs or the weights are floats.
template <quantizer Inputs, quantizer Weights>
constexpr long long longest_sum() {
  constexpr long long largest = static_cast<long long>(Inputs::max_code) * Weights::max_code;
  if constexpr (largest == 0) return (std::numeric_limits<long long>::max)();
  return (std::numeric_limits<std::int32_t>::max)() / (largest == 0 ? 1 : largest);
}

}  // namespace detail

}  // namespace minnow
