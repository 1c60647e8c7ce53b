#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/layers/weight_shapes.hpp>
#include <minnow/train/network.hpp>

namespace minnow {

/// Layers that `copy_weights` does not copy.
struct copy_options {
  /// Paths of layers that keep their values, each with all layers below it: {"7"} is layer 7, or all parts of chain 7.
  std::vector<std::string> except{};
};

namespace detail {

/// Returns true if a layer is at `path` or below it.
[[nodiscard]] constexpr bool is_part_of(std::string_view layer, std::string_view path) noexcept {
  return layer.starts_with(path) && (layer.size() == path.size() || layer[path.size()] == '.');
}
[[nodiscard]] inline bool is_left_out(std::string_view layer, const copy_options& options) noexcept {
  return std::any_of(options.except.begin(), options.except.end(),
                     [&](const std::string& path) { return is_part_of(layer, path); });
}

/// Marks batch norm's statistics as collected with this unquantized fraction.
inline void set_stale_statistics(network_base& net, float part) {
  net.statistics([part](std::string_view, std::string_view name, std::span<float> values) {
    if (name == "stale_statistics") std::fill(values.begin(), values.end(), part);
  });
}

inline status check_same_shapes(const char* caller, std::span<const weight_shape> from,
                                std::span<const weight_shape> to, const copy_options& options) noexcept {
  for (const weight_shape& t : to)
    for (const weight_shape& f : from)
      if (f.path == t.path && !is_left_out(t.path, options) && (f.filters != t.filters || f.window != t.window))
        return status::failure("%s: layer %.*s: expected (%d, %d, %d, %d) weights, found (%d, %d, %d, %d)", caller,
                               static_cast<int>(t.path.size()), t.path.data(), t.filters, t.window.height,
                               t.window.width, t.window.channels, f.filters, f.window.height, f.window.width,
                               f.window.channels);
  return {};
}

/// All arrays except the quantizers' states, by path and name.
///
/// Value  float, or const float for arrays that are only read
template <class Value>
using weight_arrays = std::map<std::pair<std::string, std::string>, std::span<Value>>;

template <class Value, class Network>
weight_arrays<Value> weight_arrays_of(Network& net) {
  weight_arrays<Value> result;
  net.arrays([&](std::string_view path, std::string_view name, std::span<Value> values) {
    if (name != "state") result[{std::string(path), std::string(name)}] = values;
  });
  return result;
}

inline status check_same_arrays(const char* caller, const weight_arrays<const float>& from,
                                const weight_arrays<float>& to) noexcept {
  const auto one_sided = [&](const auto& array, const char* where) {
    return status::failure("%s: layer %s: expected the array '%s' in both networks, found it only in the one %s",
                           caller, array.first.c_str(), array.second.c_str(), where);
  };
  for (const auto& [array, values] : to) {
    const auto found = from.find(array);
    if (found == from.end()) return one_sided(array, "that is copied to");
    if (found->second.size() != values.size())
      return status::failure("%s: layer %s: expected %zu numbers in '%s', found %zu", caller, array.first.c_str(),
                             values.size(), array.second.c_str(), found->second.size());
  }
  for (const auto& [array, values] : from)
    if (!to.contains(array)) return one_sided(array, "that is copied from");
  return {};
}

/// Removes the arrays of excluded layers from `from` and `to`, and refuses a path that no array belongs to.
inline status leave_out(const char* caller, const copy_options& options, weight_arrays<const float>& from,
                        weight_arrays<float>& to) noexcept {
  for (const std::string& path : options.except) {
    const auto erased = [&](auto& arrays) {
      return std::erase_if(arrays, [&](const auto& array) { return is_part_of(array.first.first, path); });
    };
    if (erased(from) + erased(to) == 0)
      return status::failure(
          "%s: except: expected the path of a layer with weights that no path before it names, found '%s'", caller,
          path.c_str());
  }
  return {};
}

/// Copies `arrays`, which are the arrays of `from` or replacements for them, into a network of another model. Copies
/// all of them or none.
template <class FromModel, class FW, class FI, class ToModel, class TW, class TI>
void take_arrays(const char* caller, const network<FromModel, FW, FI>& from, weight_arrays<const float> arrays,
                 network<ToModel, TW, TI>& to, const copy_options& options = {}) {
  weight_arrays<float> written = weight_arrays_of<float>(to);
  require(leave_out(caller, options, arrays, written));
  require(check_same_shapes(caller, weight_shapes<FromModel>, weight_shapes<ToModel>, options));
  require(check_same_arrays(caller, arrays, written));
  to.normalize(from.input_normalization());
  for (const auto& [array, values] : written) std::copy_n(arrays.at(array).begin(), values.size(), values.begin());
  to.weights_replaced();
  constexpr bool quantize_alike = layer_graph<FromModel>::fingerprint == layer_graph<ToModel>::fingerprint;
  if constexpr (network<FromModel, FW, FI>::quantizes || network<ToModel, TW, TI>::quantizes)
    if (!quantize_alike || !options.except.empty()) set_stale_statistics(to, 1);
}

}  // namespace detail

/// Copies weights between networks whose models differ only in quantizers, from each layer to the layer of the same
/// path: the latent weights of products, batch norm's gamma, beta, mean and variance, biases, arrays of user-defined
/// layers; and the normalization of images. This way a network of 32-bit floats becomes the starting point of a network
/// of few bits.
///
/// Layers that the options exclude may differ, or exist in only one of the networks. For transfer learning this is the
/// last layer:
///
///   copy_weights(digits, letters, {.except = {"7"}});
///
/// The input quantizers of `to` keep their states, and its weight quantizers measure again. If one of the networks
/// quantizes, and the models differ or layers are excluded, batch norm's statistics belong to another network: `pack`
/// refuses them until `reestimate_batch_norm` or `fit` has collected new ones.
///
/// throws   a path or an array that only one network has; weights of another shape; an excluded path that no array
///          belongs to; `to` is then unchanged
template <class FromModel, class FW, class FI, class ToModel, class TW, class TI>
void copy_weights(const network<FromModel, FW, FI>& from, network<ToModel, TW, TI>& to,
                  const copy_options& options = {}) {
  detail::take_arrays("copy_weights", from, detail::weight_arrays_of<const float>(from), to, options);
}

}  // namespace minnow
