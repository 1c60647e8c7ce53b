#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/train/gradient_plan.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/trainable.hpp>

namespace minnow {

/// The layers of a network without their types: visits parameters and arrays, and checks them.
class network_layers {
public:
  /// Calls visit(path, parameter) for every trained tensor, in order.
  void parameters(const std::function<void(std::string_view, const parameter&)>& visit) {
    for (entry& l : layers_) l.layer->parameters([&](const parameter& p) { visit(l.path, p); });
  }

  /// Calls visit(path, name, floats) for every array that a file stores, in order. States of weights that have changed
  /// are measured first, so two threads must not visit one network at once.
  void arrays(const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit) {
    each_array(&layer_hooks::arrays, visit);
  }
  void arrays(const std::function<void(std::string_view, std::string_view, std::span<const float>)>& visit) const {
    each_array(&layer_hooks::arrays, visit);
  }

  /// Like `arrays`, but for use between two steps of a run: measures nothing, so that the run is unaffected.
  void checkpoint_arrays(const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit) {
    each_array(&layer_hooks::checkpoint_arrays, visit);
  }

  /// Like `arrays`, but visits only the arrays that `reestimate_batch_norm` replaces: batch norm's running statistics.
  void statistics(const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit) {
    each_array(&layer_hooks::statistics, visit);
  }

  /// Call after weights were written through `arrays`: their scales and codes are then measured as in a new network.
  void weights_replaced() {
    for (entry& l : layers_) l.layer->weights_replaced();
  }

  /// Refuses a quantizer's state that is not finite or is outside its bounds.
  ///
  /// who   begins the error message
  [[nodiscard]] status check_states(const char* who) const {
    for (const entry& l : layers_)
      if (const auto state = l.layer->unsound_state(); !state.empty())
        return status::failure("%s: layer %.*s: expected a quantizer's state inside its bounds, found %g", who,
                               static_cast<int>(l.path.size()), l.path.data(), static_cast<double>(state[0]));
    return {};
  }

  /// Throws if an array holds a NaN or an infinity, and names the first such layer and array.
  ///
  /// who    begins the error message
  /// step   of the run, from 1; 0: none
  /// all    true: checks all arrays; false: only batch norm's statistics, which each batch changes besides the
  ///        parameters
  void check_finite(const char* who, long long step, bool all) {
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

protected:
  struct entry : detail::layer_entry {
    layer_hooks* layer = nullptr;
    detail::layer_gradients gradients{};
    kernels::aligned_floats output{};
    activations result{};
    kernels::aligned_floats values{};  ///< the input as values, if it holds codes and the layer takes none
    bool values_read = false;
  };

  explicit network_layers(std::span<const detail::layer_entry> layers) {
    for (const detail::layer_entry& l : layers) layers_.push_back({{l}});
  }

  /// Sets the addresses of the layers.
  void bind(std::span<layer_hooks* const> layers) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      layers_[i].layer = layers[i];
      layers_[i].result = {};
    }
  }

  std::vector<entry> layers_;

private:
  template <class Visit>
  void each_array(void (layer_hooks::*hook)(const array_visitor&), const Visit& visit) const {
    for (const entry& l : layers_)
      (l.layer->*hook)([&](std::string_view name, std::span<float> values) { visit(l.path, name, values); });
  }
};

}  // namespace minnow
