#pragma once

#include <minnow/kernels/product.hpp>

#include <cstdint>
#include <vector>

namespace minnow::kernels::detail {

/// Returns the calling thread's memory for the codes of one layer.
inline std::vector<std::int16_t>& codes_of_thread() {
  thread_local std::vector<std::int16_t> codes;
  return codes;
}

template <bool Grouped, class In, class Weights>
void product_calls<Grouped, In, Weights>::pack_weights(const geometry& g, std::span<const float> codes,
                                                       std::byte* packed) {
  if constexpr (Grouped) {
    product_calls<false, In, Weights>::pack_weights(g, codes, packed);
  } else if constexpr (is_integer(Weights::storage)) {
    // Packing reads each code once for each bit, so they are converted first.
    std::vector<std::int16_t>& integers = codes_of_thread();
    integers.assign(codes.begin(), codes.end());
    kernels::pack_weights<In::storage, Weights::storage, Weights::bits>(g, integers.data(), packed);
  } else {
    kernels::pack_weights<In::storage, Weights::storage, Weights::bits>(g, codes.data(), packed);
  }
}
template <bool Grouped, class In, class Weights>
void product_calls<Grouped, In, Weights>::prepare(const geometry& g, const std::byte* weights,
                                                  std::byte* prepared) noexcept {
  kernel::prepare(g, weights, prepared);
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
