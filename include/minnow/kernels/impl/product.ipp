#pragma once

#include <minnow/kernels/product.hpp>

namespace minnow::kernels::detail {

template <bool Grouped, class In, class Weights>
void product_calls<Grouped, In, Weights>::pack_weights(const geometry& g, std::span<const float> codes,
                                                       std::byte* packed) {
  if constexpr (Grouped) product_calls<false, In, Weights>::pack_weights(g, codes, packed);
  else pack_float_weights<In, Weights>(g, codes, packed);
}
template <bool Grouped, class In, class Weights>
void product_calls<Grouped, In, Weights>::prepare(const geometry& g, const std::byte* weights, std::byte* prepared,
                                                  int input_zero) noexcept {
  prepare_kernel<kernel>(g, weights, prepared, input_zero);
}
template <bool Grouped, class In, class Weights>
void product_calls<Grouped, In, Weights>::rows(const geometry& g, const operands& o, int first, int last,
                                               const erased_sink& sink) noexcept {
  kernel::rows(g, o, first, last, sink);
}
template <bool Grouped, class In, class Weights>
void product_calls<Grouped, In, Weights>::rows(const geometry& g, const operands& o, int first, int last,
                                               const float_sink& sink) noexcept {
  if constexpr (std::is_same_v<typename kernel::sum_type, float>) kernel::rows(g, o, first, last, sink);
}

}  // namespace minnow::kernels::detail
