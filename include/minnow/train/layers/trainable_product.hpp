#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/gemm/grouped_products.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/layers/product.hpp>
#include <minnow/train/float_array.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/code_product.hpp>
#include <minnow/train/layers/quantize.hpp>
#include <minnow/train/layers/table_input_gradient.hpp>
#include <minnow/train/layers/table_weight_gradient.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// The trainable product that `conv` and `dense` share. Its code is instantiated for each weight quantizer and
/// estimator, not for each layer size.
///
/// Forward multiplies the inputs by f h(w) + (1 - f) w, with the estimator's quantized fraction f. At f = 1 it
/// multiplies codes and scales the sums, so that the sums are the packed network's integers.
template <quantizer Quantizer, class Estimator>
class trainable_product : public layer_base {
  static constexpr bool estimates = is_integer(Quantizer::storage);

public:
  /// inputs  the kernel for the quantizer of the inputs
  trainable_product(const geometry& g, detail::input_kernel inputs)
      : geometry_(g),
        weights_({index(g.out.channels), index(g.kernel.height), index(g.kernel.width), index(g.group_channels())}),
        gradient_(weights_.shape()),
        codes_(weights_.size()),
        operand_(weights_.size()),
        states_(Quantizer::per_channel ? index(g.out.channels) : 1),
        learned_(states_.size()),
        floats_(g),
        codes_by_codes_(inputs.kernel),
        input_gradient_(g),
        weight_gradient_(g),
        takes_bits_(inputs.bits) {}

  [[nodiscard]] const geometry& window() const noexcept { return geometry_; }

  /// Latent weights (filters, kernel height, kernel width, channels of a group).
  [[nodiscard]] const float_array<4>& weights() const noexcept { return weights_; }
  void set_weights(const float_array<4>& w) {
    if (w.shape() != weights_.shape())
      require(status::failure("set_weights: expected (%zu, %zu, %zu, %zu) weights, found (%zu, %zu, %zu, %zu)",
                              weights_.shape(0), weights_.shape(1), weights_.shape(2), weights_.shape(3), w.shape(0),
                              w.shape(1), w.shape(2), w.shape(3)));
    weights_ = w;
    moved();
  }
  void weights_replaced() override {
    std::fill(states_.begin(), states_.end(), typename Quantizer::state{});
    quantized_once_ = false;
    moved();
  }
  [[nodiscard]] const float_array<4>& gradient() const noexcept { return gradient_; }

  /// Codes of the weights, filter by filter, and the states that give their scales. `pack` takes these.
  struct quantized_weights {
    std::span<const float> codes;
    std::span<const typename Quantizer::state> states;
    [[nodiscard]] float scale(int f) const { return Quantizer::scale(states[Quantizer::per_channel ? index(f) : 0]); }
  };
  quantized_weights quantize(std::string_view layer) {
    refresh({.layer = layer});
    return {codes_, states_};
  }

  /// The floats of the first state that cannot be packed; empty if all can be.
  [[nodiscard]] std::span<const float> unsound_state() override {
    return detail::first_unsound<Quantizer>(std::span(states_));
  }

  [[nodiscard]] bool reads_codes() const noexcept override { return true; }

  void start(random r, initializer how) override {
    const float fan_in = static_cast<float>(geometry_.inputs());
    const float fan_out =
        static_cast<float>(geometry_.kernel.height * geometry_.kernel.width * geometry_.group_filters());
    if (how == initializer::by_quantizer) how = Quantizer::uniform_init ? initializer::wide : initializer::glorot;
    const float limit = how == initializer::wide     ? 1.0f
                        : how == initializer::glorot ? std::sqrt(6 / (fan_in + fan_out))
                                                     : std::sqrt(6 / fan_in);
    for (float& w : weights_) w = r.uniform(-limit, limit);
    moved();
  }

  void forward(const activations& in, activations& out, const pass& p) override {
    const float share = estimates ? Estimator::quantized_fraction(p.alpha) : 1.0f;
    if (p.mode == mode::calibrate && p.measured_batches == 0) settle_states();
    if (p.requantize || !quantized_once_) refresh(p);
    const bool as_codes = share == 1;
    if (as_codes && in.max_code > 0 && codes_by_codes_.serves(geometry_)) {
      codes_by_codes_.run(geometry_, in, codes_, scales_with(in.scale), out.data);
      return;
    }
    if (!as_codes) blend(share);
    const bool in_order = !p.takes_batch_statistics() || (as_codes && in.max_code > 0);
    floats_.forward(in.images, in.data, as_codes ? codes_.data() : operand_.data(), out.data, in_order);
    if (as_codes) scale_sums(in.scale, out);
    else if (in.scale != 1) scale_all(in.scale, out);
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass& p) override {
    if (takes_bits_ && in.max_code > 0 && geometry_.groups == 1 && weight_gradient_.usable())
      weight_gradient_.run(in.images, in.data, grad_out, gradient_.data());
    else floats_.backward_weights(in.images, in.data, grad_out, gradient_.data());
    if constexpr (learned_quantizer<Quantizer>) {
      const std::size_t group = weights_.size() / states_.size();
      for (std::size_t s = 0; s < states_.size(); ++s)
        learned_.take(s, states_[s], weights_.data() + s * group, gradient_.data() + s * group, group,
                      in.scale * Estimator::quantized_fraction(p.alpha));
    }
    const int inputs = geometry_.inputs();
    for (int f = 0; f < geometry_.out.channels; ++f) {
      const interval r = Quantizer::range(state(f));
      const std::size_t row = index(f) * index(inputs);
      detail::for_vectors(inputs, [&](int k, auto count) {
        float* at = gradient_.data() + row + index(k);
        auto g = detail::load(at, count) * detail::vector(in.scale);
        if constexpr (estimates) {
          const detail::vector w = detail::load(weights_.data() + row + index(k), count);
          g *= detail::slope_of<Estimator>(role::weights, p.alpha, w, r.low, r.high);
          detail::shape_slope<Quantizer>(g, role::weights, w, state(f));
        }
        detail::store(at, g, count);
      });
    }
    if (grad_in == nullptr) return;
    const bool as_codes = !estimates || Estimator::quantized_fraction(p.alpha) == 1;
    if (estimates && as_codes && !Quantizer::per_channel && geometry_.groups == 1 && input_gradient_.usable()) {
      input_gradient_.run(in.images, grad_out, codes_, grad_in);
      scale_all(Quantizer::scale(states_[0]), grad_in, in.size());
      return;
    }
    if (as_codes) blend(1);
    floats_.backward_inputs(in.images, grad_out, operand_.data(), grad_in);
  }

  void parameters(const parameter_visitor& visit) override {
    // Invalidates the codes before any weight changes, so that an exception cannot leave codes of older weights.
    moved();
    parameter p{"weights",
                {weights_.data(), weights_.size()},
                {gradient_.data(), gradient_.size()},
                Quantizer::clips_weights,
                estimates};
    std::atomic<std::size_t> coded = 0;
    if constexpr (state_floats<Quantizer> == 0)
      p.requantize = [this, &coded](std::size_t first, std::size_t count) {
        code(first, count, states_[0]);
        coded += count;
      };
    visit(p);
    if constexpr (learned_quantizer<Quantizer>) visit(learned_.as_parameter(states_.data()));
    if (coded == weights_.size()) has_codes();
  }
  void arrays(const array_visitor& visit) override {
    // A file stores weights with the states that were measured on them. Weights that cannot be measured are stored too.
    if (measured_ == 0) (void)measure();
    each_array(visit);
    // The visitor may have written new weights and states from a file.
    coded_ = false;
  }
  /// Like `arrays`, but for use between two steps of a run, when weights may have changed since they were measured. The
  /// array `measured` records whether they have.
  void checkpoint_arrays(const array_visitor& visit) override {
    each_array(visit);
    if constexpr (state_floats<Quantizer> > 0) visit(std::string_view("measured"), std::span<float>(&measured_, 1));
    coded_ = false;
  }

private:
  [[nodiscard]] const typename Quantizer::state& state(int f) const noexcept {
    return states_[Quantizer::per_channel ? index(f) : 0];
  }
  void moved() noexcept {
    measured_ = 0;
    coded_ = false;
  }

  void each_array(const array_visitor& visit) {
    visit(std::string_view("weights"), std::span<float>(weights_.data(), weights_.size()));
    if constexpr (state_floats<Quantizer> > 0)
      visit(std::string_view("state"), detail::state_array<Quantizer>(states_.data(), states_.size()));
  }

  /// Measures the latent weights; returns false if they hold a NaN or an infinity.
  bool measure() {
    const std::size_t group = weights_.size() / states_.size();
    bool sound = true;
    for (std::size_t s = 0; s < states_.size(); ++s)
      if (!Quantizer::observe(states_[s], std::span<const float>(weights_.data() + s * group, group), role::weights))
        sound = false;
    measured_ = sound ? 1.0f : 0.0f;
    return sound;
  }

  /// Measures the latent weights until their scales have converged.
  void settle_states() {
    if constexpr (state_floats<Quantizer> > 0) {
      if (!unsound_state().empty()) std::fill(states_.begin(), states_.end(), typename Quantizer::state{});
      int round = 0;
      while (round < detail::calibration_rounds && measure()) ++round;
      coded_ = false;
    }
  }

  /// Measures the latent weights and recomputes their codes, if they have changed.
  void refresh(const pass& p) {
    if (coded_) return;
    if (measured_ == 0 && !measure()) require(p.failure("the weights hold a NaN or an infinity"));
    const std::size_t group = weights_.size() / states_.size();
    for (std::size_t s = 0; s < states_.size(); ++s)
      detail::for_pieces(group,
                         [&](std::size_t first, std::size_t count) { code(s * group + first, count, states_[s]); });
    has_codes();
  }

  void code(std::size_t first, std::size_t count, const typename Quantizer::state& s) {
    detail::for_vectors(static_cast<int>(count), [&](int k, auto lanes) {
      const std::size_t at = first + index(k);
      detail::store(codes_.data() + at, detail::code_of<Quantizer>(detail::load(weights_.data() + at, lanes), s),
                    lanes);
    });
  }
  void has_codes() noexcept {
    coded_ = quantized_once_ = true;
    codes_by_codes_.invalidate();
  }

  /// Computes the weights as values, for float products.
  void blend(float share) {
    const std::size_t group = weights_.size() / states_.size();
    for (std::size_t s = 0; s < states_.size(); ++s) {
      const detail::vector part(share * Quantizer::scale(states_[s]));
      const detail::vector rest(1 - share);
      detail::for_all(group, [&](std::size_t k, auto count) {
        const std::size_t at = s * group + k;
        detail::store(operand_.data() + at,
                      part * detail::load(codes_.data() + at, count) + rest * detail::load(weights_.data() + at, count),
                      count);
      });
    }
  }

  /// Returns input scale * weight scale for each filter.
  std::span<const float> scales_with(float in_scale) {
    filter_scales_.resize(index(geometry_.out.channels));
    for (int f = 0; f < geometry_.out.channels; ++f) filter_scales_[index(f)] = in_scale * Quantizer::scale(state(f));
    return filter_scales_;
  }

  /// Computes sum * (input scale * weight scale). The two scales are multiplied first, as in the packed network.
  void scale_sums(float in_scale, activations& out) {
    if (!Quantizer::per_channel) return scale_all(in_scale * Quantizer::scale(states_[0]), out);
    detail::multiply_columns(out.data, out.rows(), scales_with(in_scale));
  }

  static void scale_all(float scale, activations& out) { scale_all(scale, out.data, out.size()); }
  static void scale_all(float scale, float* values, std::size_t size) {
    if (scale != 1) detail::multiply(values, scale, values, size);
  }

  geometry geometry_;
  float_array<4> weights_;
  float_array<4> gradient_;
  kernels::aligned_floats codes_;
  kernels::aligned_floats operand_;
  std::vector<typename Quantizer::state> states_;
  [[no_unique_address]] detail::learned_state<Quantizer> learned_;
  std::vector<float> filter_scales_;
  detail::grouped_products floats_;
  detail::code_product codes_by_codes_;
  detail::table_input_gradient<detail::operand_of<Quantizer>> input_gradient_;
  detail::table_weight_gradient weight_gradient_;
  bool takes_bits_;
  float measured_ = 0;  ///< 1: the states match the current weights; a float, like all data in files
  bool coded_ = false;
  bool quantized_once_ = false;
};

}  // namespace minnow
