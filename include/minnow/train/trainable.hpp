#pragma once

#include <functional>
#include <span>
#include <string_view>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/random.hpp>
#include <minnow/core/reduction.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow {

namespace detail {
struct deferred_norm;
}

/// Activations of a batch: (images, height, width, channels), channels last. Their values are scale * data. `scale`
/// differs from 1 only in the output of a quantize layer that feeds a product or a join (`add`, `concatenate`): `data`
/// then holds codes, `max_code` is the largest |code|, and `zero` is the quantizer's zero point (quantize/concept.hpp).
struct activations {
  float* data = nullptr;
  int images = 0;
  shape dimensions;
  float scale = 1;
  int max_code = 0;
  int zero = 0;
  /// If not null, `data` holds the inputs of a batch norm, and the quantizer that reads them applies the batch norm
  /// (deferred_norm.hpp).
  detail::deferred_norm* norm = nullptr;

  [[nodiscard]] std::size_t size() const noexcept { return index(images) * index(dimensions.size()); }
  /// Number of pixels in all images. Each pixel is a row of `channels` numbers.
  [[nodiscard]] std::size_t rows() const noexcept { return index(images) * index(dimensions.pixels()); }
};

/// Purpose of a forward or backward pass.
enum class mode {
  train,       ///< uses batch statistics; updates the running statistics and the quantizers' states
  reestimate,  ///< uses batch statistics at alpha = 1; running statistics become the mean over the batches so far
  calibrate,   ///< uses running statistics; updates the quantizers' states
  evaluate,    ///< uses running statistics; updates neither them nor the input quantizers' states
  settle [[deprecated("minnow: renamed to reestimate")]] = reestimate,
};

namespace detail {
/// Number of measurements after which a quantizer's state is taken as converged. Without a previous scale, the search
/// for the scale of 4-bit integers (quantize/ppq.hpp) needs tens of measurements.
inline constexpr int calibration_rounds = 20;
}  // namespace detail

/// Parameters of a forward or backward pass through a layer.
struct pass {
  minnow::mode mode = mode::evaluate;
  float alpha = 1;                  ///< 0: floats, 1: quantized, in between: a blend of both
  float unquantized_fraction = 0;   ///< largest unquantized fraction of any quantizer in the forward pass
  bool requantize = true;           ///< false: keep the weights' codes and the quantizers' states of an earlier step
  int measured_batches = 0;         ///< number of earlier batches in a re-estimation of batch norm or a calibration
  minnow::random noise{};           ///< random number stream of this layer and step
  int first_image = 0;              ///< index of this rank's first image in the batch of all ranks; selects the noise
  reduction* over_ranks = nullptr;  ///< not null: batch statistics are taken over all ranks' images
  std::string_view layer = "";      ///< the layer's path, for error messages
  long long step = 0;               ///< step of the run, from 1, for error messages; 0: none

  [[nodiscard]] bool training() const noexcept { return mode == mode::train; }
  [[nodiscard]] bool takes_batch_statistics() const noexcept { return mode == mode::train || mode == mode::reestimate; }
  /// Returns an error. The message names the layer's path and, in a run, the step.
  [[nodiscard]] status failure(const char* what, const char* of = "", const char* how = "") const noexcept {
    const int length = static_cast<int>(layer.size());
    if (step == 0) return status::failure("layer %.*s: %s%s%s", length, layer.data(), what, of, how);
    return status::failure("layer %.*s: %s%s%s at step %lld", length, layer.data(), what, of, how, step);
  }
};

/// Distribution of the initial weights.
enum class initializer {
  by_quantizer,  ///< `wide` for quantizers with fixed thresholds, otherwise `glorot`
  glorot,        ///< uniform on ±sqrt(6 / (inputs + outputs))
  he,            ///< uniform on ±sqrt(6 / inputs)
  wide,          ///< uniform on (-1, 1)
};

/// A tensor that an optimizer updates.
struct parameter {
  std::string_view name;
  std::span<float> value;
  std::span<float> gradient;
  bool bounded = false;    ///< true if values are clipped to [-1, 1] after every update
  bool quantized = false;  ///< true if the estimator scales its learning rate
  bool binary = false;     ///< true if the values are weights in [-1, 1] of which the network uses only the signs
  /// Recomputes the codes of values [first, first + count), while the values are still in the cache. Empty if the
  /// values have no codes, or if a code depends on more than its own value.
  std::function<void(std::size_t first, std::size_t count)> requantize{};
  /// Moves the values back inside their bounds. Called after each update of all values. Empty if the values have no
  /// bounds, or only the bounds of `bounded`.
  std::function<void()> limit{};
  /// Adds the gradient of the values' regularizer to `gradient`. Called once before each update, after the gradients of
  /// all ranks are summed. Empty if the values have no regularizer; weight decay is the optimizer's.
  std::function<void()> regularize{};
};

/// The form of a layer in training: a class derived from `layer_base` or, for layers with two inputs, `join_base`
/// (layer_base.hpp). Specialize it for your own layers.
template <class Layer, class Estimator = void>
class trainable;

}  // namespace minnow
