#pragma once

#include <functional>
#include <span>
#include <string_view>

#include <minnow/core/error.hpp>
#include <minnow/core/random.hpp>
#include <minnow/core/reduction.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow {

namespace detail {
struct deferred_norm;
}

/// Activations of a batch: (images, height, width, channels), channels last. Their value is scale * data; only what a
/// quantize layer hands to a product or a join has another scale than 1 (its data are codes then, and code_limit says how large).
struct activations {
  float* data = nullptr;
  int images = 0;
  shape dimensions;
  float scale = 1;
  int code_limit = 0;
  /// Not null: the data are those before a batch norm, which is left to the quantizer that reads them (deferred_norm.hpp).
  detail::deferred_norm* norm = nullptr;

  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(images) * static_cast<std::size_t>(dimensions.size());
  }
  /// Pixels of all images: rows of `channels` numbers.
  [[nodiscard]] std::size_t rows() const noexcept {
    return static_cast<std::size_t>(images) * static_cast<std::size_t>(dimensions.pixels());
  }
};

/// What a forward or backward pass is for.
enum class mode {
  train,      ///< batch statistics; they and the quantizers' states move
  settle,     ///< alpha = 1; running statistics become the mean over the settled batches
  calibrate,  ///< running statistics; the quantizers' states move
  evaluate,   ///< running statistics; nothing moves
};

namespace detail {
/// Measurements with which a quantizer's state comes to rest: a cold start of 4-bit integers takes tens of projections.
inline constexpr int calibration_rounds = 20;
}  // namespace detail

/// What a forward or backward pass through a layer is told.
struct pass {
  minnow::mode mode = mode::evaluate;
  float alpha = 1;                  ///< 0 real, 1 quantized, and what lies between
  float real_part = 0;              ///< the most that unquantized values take part in the forward pass, 1 - share
  bool requantize = true;           ///< false: keep the quantized weights and their states of an earlier step
  int settled = 0;                  ///< batches settled before this one
  minnow::random noise{};           ///< the stream of this layer and step
  int first_image = 0;              ///< the place of this batch's first image in that of all ranks, whose noise it gets
  reduction* over_ranks = nullptr;  ///< not null: the batch's statistics are those of all ranks' images
  std::string_view layer = "";      ///< the layer's path, for errors
  long long step = 0;               ///< of the run, from 1, for errors; 0: there is none

  [[nodiscard]] bool training() const noexcept { return mode == mode::train; }
  [[nodiscard]] bool takes_batch_statistics() const noexcept { return mode == mode::train || mode == mode::settle; }
  /// A failure of the layer, with its path and the step.
  [[nodiscard]] status failure(const char* what, const char* of = "", const char* how = "") const noexcept {
    const int length = static_cast<int>(layer.size());
    if (step == 0) return status::failure("layer %.*s: %s%s%s", length, layer.data(), what, of, how);
    return status::failure("layer %.*s: %s%s%s at step %lld", length, layer.data(), what, of, how, step);
  }
};

/// Numbers that an optimizer moves.
struct parameter {
  std::string_view name;
  std::span<float> value;
  std::span<float> gradient;
  bool bounded = false;    ///< clipped to [-1, 1] after every update
  bool quantized = false;  ///< the estimator scales its step
  /// Takes the codes of values [first, first + count) anew, while they are still in the cache. Empty where there are
  /// none, or where they depend on more than each value.
  std::function<void(std::size_t first, std::size_t count)> requantize{};
  /// Moves the values back inside their bounds, after every update of all of them. Empty where they have none of this kind.
  std::function<void()> limit{};
};

/// The trainable reading of a layer. An exception of its functions arrives at the caller, from within parallel_for too. A
/// specialisation for a layer of one's own provides
///
///   explicit trainable(shape in)
///   void forward(const activations& in, activations& out, const pass&)
///   void backward(const activations& in, const activations& out, const float* grad_out, float* grad_in, const pass&)
///       grad_in is null where nobody needs it; overwrites grad_in and the layer's own gradients
/// and, where it has them,
///   void start(random)                      draws initial parameters
///   void parameters(auto&& visit)           visit(parameter) for each trained tensor
///   void arrays(auto&& visit)               visit(name, std::span<float>) for all that a file must keep
template <class Layer, class Estimator = void>
class trainable;

/// A trainable reading that has what every layer needs.
template <class Layer>
concept trainable_layer =
    requires(Layer t, const activations in, activations out, const float* grad_out, float* grad_in, const pass p) {
      Layer(shape{});
      t.forward(in, out, p);
      t.backward(in, out, grad_out, grad_in, p);
    };

}  // namespace minnow
