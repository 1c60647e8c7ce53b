#pragma once

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

/// The layers of a network without their types. Visits and checks the layers' parameters and arrays.
class network_layers {
public:
  /// Calls visit(path, parameter) for every trained tensor, from the first layer to the last.
  void parameters(const std::function<void(std::string_view, const parameter&)>& visit);

  /// Calls visit(path, name, floats) for every array that a file stores, from the first layer to the last. The
  /// quantizer states of changed weights are measured first, so two threads must not call this function on one network
  /// at the same time.
  void arrays(const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit);
  void arrays(const std::function<void(std::string_view, std::string_view, std::span<const float>)>& visit) const;

  /// Like `arrays`, but for use between two steps of a run: does not measure quantizer states, so the run is
  /// unaffected.
  void checkpoint_arrays(const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit);

  /// Like `arrays`, but visits only the arrays that `reestimate_batch_norm` replaces: batch norm's running statistics.
  void statistics(const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit);

  /// Call after weights were written through `arrays`: their scales and codes are then measured as in a new network.
  void weights_replaced();

  /// Refuses a quantizer's state that is not finite or is outside its bounds.
  ///
  /// who   begins the error message
  [[nodiscard]] status check_states(const char* who) const;

  /// Throws if an array holds a NaN or an infinity, and names the first such layer and array.
  ///
  /// who    begins the error message
  /// step   step of the run for the error message, from 1; 0: no step
  /// all    true: checks all arrays; false: checks only batch norm's running statistics
  void check_finite(const char* who, long long step, bool all);

protected:
  struct entry : detail::layer_entry {
    layer_hooks* layer = nullptr;
    detail::layer_gradients gradients{};
    kernels::aligned_floats output{};
    activations result{};
    kernels::aligned_floats values{};  ///< input converted to values, if it holds codes and the layer takes no codes
    bool values_read = false;
  };

  explicit network_layers(std::span<const detail::layer_entry> layers);

  /// Sets the addresses of the layers.
  void bind(std::span<layer_hooks* const> layers);

  std::vector<entry> layers_;

private:
  template <class Visit>
  void each_array(void (layer_hooks::*hook)(const array_visitor&), const Visit& visit) const;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/network_layers.ipp>
#endif
