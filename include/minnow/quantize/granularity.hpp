#pragma once

#include <type_traits>

#include <minnow/core/role.hpp>

namespace minnow {

/// One scale for a whole tensor.
struct per_tensor {};
/// One scale for each filter. For weights only: a scale for each input channel does not factor out of the product.
struct per_channel {};

namespace detail {

/// Adds a choice to a base class of quantizers: one state for the tensor, or one for each filter.
template <class Base, class Granularity>
struct with_granularity : Base {
  static_assert(std::is_same_v<Granularity, per_tensor> || std::is_same_v<Granularity, minnow::per_channel>,
                "minnow: the granularity of a quantizer is per_tensor or per_channel");
  static constexpr bool per_channel = std::is_same_v<Granularity, minnow::per_channel>;
  static constexpr bool supports(role r) noexcept { return r == role::weights || !per_channel; }
};

}  // namespace detail

}  // namespace minnow
