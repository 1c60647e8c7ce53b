#pragma once

#include <minnow/core/error.hpp>
#include <minnow/files/container.hpp>
#include <minnow/files/model_difference.hpp>
#include <minnow/train/network.hpp>

/// Files of trainable networks. Sections: the mean and the standard deviation of each image channel, then the arrays of
/// every layer (weights, batch norm, quantizers' states), in the order of the layers. Estimators are not stored.
namespace minnow {

namespace detail {

[[nodiscard]] status write_network(const char* path, const network_base& net) noexcept;
/// layer_name   function that names the layers of the network's model
[[nodiscard]] status read_network(const char* path, network_base& net, layer_namer* layer_name) noexcept;

}  // namespace detail

/// Writes a trainable network.
///
/// refuses   numbers that `read` would refuse
template <class Model, class Weights, class Inputs>
[[nodiscard]] status write(const char* path, const network<Model, Weights, Inputs>& net) noexcept {
  return detail::write_network(path, net);
}

/// Reads a trainable network. `net` may have other estimators than the network that was written.
///
/// refuses   damaged files, files of other models, and numbers that no network has: a NaN, an infinity, a negative
///           variance, a standard deviation that is not above 0; `net` is then unchanged
template <class Model, class Weights, class Inputs>
[[nodiscard]] status read(const char* path, network<Model, Weights, Inputs>& net) noexcept {
  return detail::read_network(path, net, &detail::layer_name_in<layer_graph<Model>>);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/network_file.ipp>
#endif
