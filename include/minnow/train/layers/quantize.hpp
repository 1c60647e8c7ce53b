#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/layers/quantize.hpp>
#include <minnow/quantize/pixels.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/deferred_norm.hpp>
#include <minnow/train/layers/learned_state.hpp>
#include <minnow/train/layers/noise.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// Quantizes the inputs of a product. The forward pass computes f h(a) + (1 - f) clip(a), where h(a) is the quantized
/// value of input a, clip(a) limits a to the quantizer's range, and f is the estimator's quantized fraction. At f = 1
/// it passes codes and their scale to the product instead, so that the product's sums are the integers of the packed
/// network. The backward pass multiplies gradients by the estimator's slope and by the derivative of the clip.
///
/// `pixels`, `unsigned_pixels`, `half` and `real` need no estimator: the first two are exact, and `half` and `real` pass gradients inside their
/// range.
template <quantizer Quantizer, class Estimator>
class trainable<quantize<Quantizer>, Estimator> : public layer_base {
  static constexpr bool estimates = is_integer(Quantizer::storage) && !detail::reads_image<Quantizer>;
  using noise = detail::estimator_noise<Estimator, Quantizer>;

public:
  explicit trainable(shape in) : trainable(in, wiring<>{}) {}
  template <quantizer Inputs>
  trainable(shape, const wiring<Inputs>& neighbors) : codes_(neighbors.feeds_codes && Quantizer::max_code > 0) {}

  /// True if the layer processes values one by one. It can then apply the affine function of the batch norm before it.
  static constexpr bool applies_norm = state_floats<Quantizer> == 0;

  [[nodiscard]] const typename Quantizer::state& state() const noexcept { return state_; }

  /// Returns true if the quantizer's values never decrease as its inputs increase.
  [[nodiscard]] bool increasing() const override { return never_falls<Quantizer>(state_); }
  /// The floats of the state if it cannot be packed, otherwise empty.
  [[nodiscard]] std::span<const float> unsound_state() override {
    return detail::first_unsound<Quantizer>(std::span(&state_, 1));
  }

  void forward(const activations& in, activations& out, const pass& p) override {
    if (!observe(in, p))
      require(p.failure("the inputs of ", text(Quantizer::name()).c_str(), " hold a NaN or an infinity"));
    const float share = estimates ? Estimator::quantized_fraction(p.alpha) : 1.0f;
    const float scale = Quantizer::scale(state_);
    const bool is_noisy = noise::exists && p.training();
    const noise z(p.noise, state_);
    const bool as_codes = share == 1 && codes_;
    out.scale = as_codes ? scale : 1.0f;
    out.max_code = as_codes ? Quantizer::max_code : 0;
    out.zero = zero_point<Quantizer>(state_);
    const interval r = Quantizer::range(state_);
    const std::size_t before = index(p.first_image) * index(in.dimensions.size());
    detail::for_values(in, [&](std::size_t i, const detail::vector& a, auto count) {
      using detail::vector;
      vector code = detail::code_of<Quantizer>(is_noisy ? a - z.at(before + i) : a, state_);
      if (as_codes) return detail::store(out.data + i, code, count);
      vector h = code * vector(scale);
      if (share != 1) h = vector(share) * h + vector(1 - share) * (scalar::clamp)(a, vector(r.low), vector(r.high));
      detail::store(out.data + i, h, count);
    });
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass& p) override {
    if constexpr (learned_quantizer<Quantizer>)
      learned_.take(0, state_, in.data, grad_out, in.size(), Estimator::quantized_fraction(p.alpha), in.images);
    if (grad_in == nullptr) return;
    const interval r = Quantizer::range(state_);
    detail::for_gradients(in, grad_in, [&](std::size_t i, const detail::vector& a, auto count) {
      auto g = detail::load(grad_out + i, count);
      if constexpr (estimates) g *= detail::slope_of<Estimator>(role::inputs, p.alpha, a, r.low, r.high);
      detail::shape_slope<Quantizer>(g, role::inputs, a, state_);
      return detail::keep_inside(g, a, r.low, r.high);
    });
  }

  void parameters(const parameter_visitor& visit) override {
    if constexpr (learned_quantizer<Quantizer>) visit(learned_.as_parameter(&state_));
  }

  void arrays(const array_visitor& visit) override {
    if constexpr (state_floats<Quantizer> > 0)
      visit(std::string_view("state"), detail::state_array<Quantizer>(&state_, 1));
  }

private:
  /// Measures the inputs, that is, updates the quantizer's state from them, if the pass asks for it. Returns false if
  /// the inputs hold a NaN or an infinity. The first batch of a calibration is measured repeatedly, like weights, so
  /// that the state converges.
  bool observe(const activations& in, const pass& p) {
    const std::span<const float> values(in.data, in.size());
    if (p.mode == mode::calibrate && p.measured_batches == 0) {
      if (!is_sound<Quantizer>(state_)) state_ = {};  // a moving average that has become NaN would stay NaN
      for (int round = 0; round < detail::calibration_rounds; ++round)
        if (!Quantizer::observe(state_, values, role::weights)) return false;
    } else if (p.mode == mode::calibrate || (p.training() && p.requantize)) {
      return p.over_ranks != nullptr ? observe_over(*p.over_ranks, values)
                                     : Quantizer::observe(state_, values, role::inputs);
    }
    return true;
  }

  /// Measures the inputs of all ranks together. If the quantizer cannot do this, the state becomes the mean of the
  /// ranks' states, weighted by the number of their inputs.
  bool observe_over(reduction& ranks, std::span<const float> values) {
    if constexpr (requires { Quantizer::observe(state_, values, role::inputs, ranks); }) {
      return Quantizer::observe(state_, values, role::inputs, ranks);
    } else if constexpr (state_floats<Quantizer> > 0) {
      if (!Quantizer::observe(state_, values, role::inputs)) return false;
      const auto own = static_cast<double>(values.size());
      const std::span<float> floats = detail::state_array<Quantizer>(&state_, 1);
      std::array<double, index(state_floats<Quantizer>) + 1> sums;
      for (std::size_t i = 0; i < floats.size(); ++i) sums[i] = own * static_cast<double>(floats[i]);
      sums.back() = own;
      ranks.sum(sums);
      for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = static_cast<float>(sums[i] / sums.back());
      return true;
    } else {
      return Quantizer::observe(state_, values, role::inputs);
    }
  }

  typename Quantizer::state state_{};
  [[no_unique_address]] detail::learned_state<Quantizer> learned_{1};
  bool codes_;  ///< true: outputs codes instead of values at quantized fraction 1
};

}  // namespace minnow
