#pragma once

#include <minnow/train/network_layers.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>

#include <minnow/core/impl/compiled.hpp>

namespace minnow {

template <class Visit>
void network_layers::each_array(void (layer_hooks::*hook)(const array_visitor&), const Visit& visit) const {
  for (const entry& l : layers_)
    (l.layer->*hook)([&](std::string_view name, std::span<float> values) { visit(l.path, name, values); });
}

MINNOW_INLINE void network_layers::parameters(const std::function<void(std::string_view, const parameter&)>& visit) {
  for (entry& l : layers_) l.layer->parameters([&](const parameter& p) { visit(l.path, p); });
}

MINNOW_INLINE void network_layers::arrays(
    const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit) {
  each_array(&layer_hooks::arrays, visit);
}

MINNOW_INLINE void network_layers::arrays(
    const std::function<void(std::string_view, std::string_view, std::span<const float>)>& visit) const {
  each_array(&layer_hooks::arrays, visit);
}

MINNOW_INLINE void network_layers::checkpoint_arrays(
    const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit) {
  each_array(&layer_hooks::checkpoint_arrays, visit);
}

MINNOW_INLINE void network_layers::statistics(
    const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit) {
  each_array(&layer_hooks::statistics, visit);
}

MINNOW_INLINE void network_layers::weights_replaced() {
  for (entry& l : layers_) l.layer->weights_replaced();
}

MINNOW_INLINE status network_layers::check_states(const char* who) const {
  for (const entry& l : layers_)
    if (const auto state = l.layer->unsound_state(); !state.empty())
      return status::failure("%s: layer %.*s: expected a quantizer's state inside its bounds, found %g", who,
                             static_cast<int>(l.path.size()), l.path.data(), static_cast<double>(state[0]));
  return {};
}

MINNOW_INLINE void network_layers::check_finite(const char* who, long long step, bool all) {
  const auto check = [who, step](std::string_view path, std::string_view name, std::span<float> values) {
    if (std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) return;
    char when[40] = "";
    if (step > 0) std::snprintf(when, sizeof when, " at step %lld", step);
    require(status::failure("%s: diverged%s: layer %.*s: '%.*s' holds a NaN or an infinity", who, when,
                            static_cast<int>(path.size()), path.data(), static_cast<int>(name.size()), name.data()));
  };
  if (all) checkpoint_arrays(check);
  else statistics(check);
}

MINNOW_INLINE network_layers::network_layers(std::span<const detail::layer_entry> layers) {
  for (const detail::layer_entry& l : layers) layers_.push_back({{l}});
}

MINNOW_INLINE void network_layers::bind(std::span<layer_hooks* const> layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers_[i].layer = layers[i];
    layers_[i].result = {};
  }
}

}  // namespace minnow
