#pragma once

#include <minnow/train/copy_weights.hpp>

#include <algorithm>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

[[nodiscard]] MINNOW_INLINE bool is_left_out(std::string_view layer, const copy_options& options) noexcept {
  return std::any_of(options.except.begin(), options.except.end(),
                     [&](const std::string& path) { return is_part_of(layer, path); });
}

MINNOW_COLD void set_stale_statistics(network_base& net, float part) {
  net.statistics([part](std::string_view, std::string_view name, std::span<float> values) {
    if (name == "stale_statistics") std::fill(values.begin(), values.end(), part);
  });
}

MINNOW_COLD status check_same_shapes(const char* caller, std::span<const weight_shape> from,
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

template <class Value, class Network>
weight_arrays<Value> arrays_of(Network& net) {
  weight_arrays<Value> result;
  net.arrays([&](std::string_view path, std::string_view name, std::span<Value> values) {
    if (name != "state") result[{std::string(path), std::string(name)}] = values;
  });
  return result;
}

MINNOW_COLD weight_arrays<float> weight_arrays_of(network_base& net) { return arrays_of<float>(net); }
MINNOW_COLD weight_arrays<const float> weight_arrays_of(const network_base& net) { return arrays_of<const float>(net); }

MINNOW_COLD status check_same_arrays(const char* caller, const weight_arrays<const float>& from,
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
MINNOW_COLD status leave_out(const char* caller, const copy_options& options, weight_arrays<const float>& from,
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

MINNOW_COLD void take_arrays(const char* caller, const network_base& from, std::span<const weight_shape> from_shapes,
                             weight_arrays<const float> arrays, network_base& to,
                             std::span<const weight_shape> to_shapes, const copy_options& options, bool stale) {
  weight_arrays<float> written = weight_arrays_of(to);
  require(leave_out(caller, options, arrays, written));
  require(check_same_shapes(caller, from_shapes, to_shapes, options));
  require(check_same_arrays(caller, arrays, written));
  to.normalize(from.input_normalization());
  for (const auto& [array, values] : written) std::copy_n(arrays.at(array).begin(), values.size(), values.begin());
  to.weights_replaced();
  if (stale) set_stale_statistics(to, 1);
}

MINNOW_COLD void copy_states(const network_base& from, network_base& to, std::span<const std::string_view> layers,
                             const copy_options& options) {
  const auto copied = [&](std::string_view path, std::string_view name) {
    return name == "state" && std::ranges::find(layers, path) != layers.end() && !is_left_out(path, options);
  };
  std::map<std::string, std::span<const float>, std::less<>> states;
  from.arrays([&](std::string_view path, std::string_view name, std::span<const float> values) {
    if (copied(path, name)) states[std::string(path)] = values;
  });
  to.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
    if (copied(path, name)) std::ranges::copy(states.find(path)->second, values.begin());
  });
}

}  // namespace minnow::detail
