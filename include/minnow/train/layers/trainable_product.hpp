#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/product.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/product/frozen_weights.hpp>
#include <minnow/train/layers/product/penalized_weights.hpp>
#include <minnow/train/layers/product/rounded_gradients.hpp>
#include <minnow/train/layers/product/weight_groups.hpp>
#include <minnow/train/layers/product_base.hpp>
#include <minnow/train/layers/quantize.hpp>
#include <minnow/train/layers/table_input_gradient.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// The trainable product that `conv`, `depthwise_conv` and `dense` share. Its code is instantiated for each weight
/// quantizer and estimator, not for each layer size.
///
/// The forward pass multiplies the inputs by f h(w) + (1 - f) w, where h(w) is the quantized value of latent weight w,
/// and f is the estimator's quantized fraction. At f = 1 it multiplies codes and scales the sums, so that the sums are
/// the packed network's integers. The backward pass first quantizes the gradients that arrive, if the estimator does so
/// (rounded_gradients.hpp). If the estimator freezes weights, each training step that quantizes weights first freezes
/// the fraction of them that belongs to alpha, and updates do not move frozen weights (frozen_weights.hpp). If the
/// estimator has a penalty on weights, its slope is added to the gradients before each update (penalized_weights.hpp).
template <quantizer Quantizer, class Estimator>
class trainable_product : public detail::product_base {
  static constexpr bool estimates = is_integer(Quantizer::storage);
  using noise = detail::estimator_noise<Estimator, Quantizer>;
  using frozen = detail::frozen_weights<Quantizer, Estimator>;
  static constexpr bool penalized = estimates && detail::penalizes_weights<Estimator>;
  static_assert(!penalized || !Estimator::stochastic, "minnow: an estimator with a penalty on weights has no noise");

public:
  /// inputs  the kernel for the quantizer of the inputs
  trainable_product(const geometry& g, detail::input_kernel inputs)
      : product_base(g, inputs, Quantizer::per_channel ? index(g.out.channels) : 1),
        groups_(g),
        states_(groups_.count()),
        learned_(states_.size()),
        input_gradient_(g) {}

  void weights_replaced() override {
    if constexpr (!detail::keeps_state<Quantizer>)
      std::fill(states_.begin(), states_.end(), typename Quantizer::state{});
    if constexpr (frozen::exist) frozen_.forget();
    quantized_once_ = false;
    moved();
  }

  /// Codes of the weights, filter by filter, and their scales. `pack` uses them.
  struct quantized_weights {
    std::span<const float> codes;
    std::span<const float> scales;  ///< one for each filter, or 1
    [[nodiscard]] float scale(int f) const { return scales[Quantizer::per_channel ? index(f) : 0]; }
  };
  quantized_weights quantize(std::string_view layer) {
    refresh({.layer = layer});
    update_scales();
    return {codes_, scales_};
  }

  /// The floats of the first state that cannot be packed; empty if all can be.
  [[nodiscard]] std::span<const float> unsound_state() override {
    return detail::first_unsound<Quantizer>(std::span(states_));
  }

  void start(random r, initializer how) override { draw(r, how, Quantizer::uniform_init); }

  void forward(const activations& in, activations& out, const pass& p) override {
    if (p.mode == mode::calibrate && p.measured_batches == 0) settle_states();
    if constexpr (frozen::exist)
      if (p.training() && (p.requantize || frozen_.unknown())) {
        measure_or_throw(p);
        if (!frozen_.advance({weights_.data(), weights_.size()}, states_, p.alpha))
          require(p.failure("a quantized weight is not its own quantized value, so it cannot be frozen"));
      }
    if (noise::exists && p.training()) code_with_noise(p);
    else if (p.requantize || !quantized_once_) refresh(p);
    update_scales();
    multiply(in, out, p, estimates ? Estimator::quantized_fraction(p.alpha) : 1.0f);
  }

  void backward(const activations& in, const activations& out, const float* grad_out, float* grad_in,
                const pass& p) override {
    if constexpr (estimates) grad_out = rounded_.of(out, grad_out, p);
    differentiate_weights(in, grad_out);
    if constexpr (learned_quantizer<Quantizer>)
      groups_.visit([&](std::size_t s, std::size_t first, std::size_t count) {
        learned_.take(s, states_[s], weights_.data() + first, gradient_.data() + first, count,
                      in.scale * Estimator::quantized_fraction(p.alpha));
      });
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
    update_scales();
    differentiate_inputs(in.images, grad_out, grad_in, as_codes);
  }

  void parameters(const parameter_visitor& visit) override {
    // Invalidates the codes before any weight changes, so that an exception cannot leave codes of older weights.
    moved();
    parameter p{"weights",
                {weights_.data(), weights_.size()},
                {gradient_.data(), gradient_.size()},
                Quantizer::clips_weights,
                estimates,
                Quantizer::bits == 1 && Quantizer::clips_weights};
    std::atomic<std::size_t> coded = 0;
    if constexpr (state_floats<Quantizer> == 0 && !noise::exists)
      p.requantize = [this, &coded](std::size_t first, std::size_t count) {
        code(first, count, states_[0]);
        coded += count;
      };
    if constexpr (penalized) p.regularize = [this] { penalize(); };
    if constexpr (frozen::exist) p.limit = [this] { frozen_.hold({weights_.data(), weights_.size()}); };
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
  /// array `measured` is 1 if the states match the weights.
  void checkpoint_arrays(const array_visitor& visit) override {
    each_array(visit);
    if constexpr (state_floats<Quantizer> > 0) visit(std::string_view("measured"), std::span<float>(&measured_, 1));
    coded_ = false;
  }

private:
  [[nodiscard]] const typename Quantizer::state& state(int f) const noexcept { return states_[groups_.of(f)]; }
  void update_scales() {
    for (std::size_t f = 0; f < scales_.size(); ++f) scales_[f] = Quantizer::scale(state(static_cast<int>(f)));
  }

  /// Adds the slope of the estimator's penalty to the gradient of each weight. It uses the quantized values of the
  /// last forward pass.
  void penalize() {
    const std::size_t row = weights_.size() / index(geometry_.out.channels);
    for (int f = 0; f < geometry_.out.channels; ++f) {
      const std::size_t first = index(f) * row;
      detail::add_penalty_slope<Estimator>(weights_.data() + first, codes_.data() + first, Quantizer::scale(state(f)),
                                           gradient_.data() + first, static_cast<int>(row));
    }
  }

  void each_array(const array_visitor& visit) {
    visit(std::string_view("weights"), std::span<float>(weights_.data(), weights_.size()));
    if constexpr (state_floats<Quantizer> > 0)
      visit(std::string_view("state"), detail::state_array<Quantizer>(states_.data(), states_.size()));
  }

  /// Measures the latent weights: updates the quantizer's states from them. Returns false if the weights hold a NaN or
  /// an infinity.
  bool measure() {
    const bool sound = groups_.measure(weights_.data(), states_);
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

  void measure_or_throw(const pass& p) {
    if (measured_ == 0 && !measure()) require(p.failure("the weights hold a NaN or an infinity"));
  }

  /// Recomputes the codes of the latent weights if the weights or the quantizer's states have changed. First measures
  /// the weights if the states do not match them.
  void refresh(const pass& p) {
    if (coded_) return;
    measure_or_throw(p);
    code_all([](std::size_t) { return detail::no_noise{}; });
  }

  /// Recomputes the codes with the noise of this step. Passes without noise must not use these codes.
  void code_with_noise(const pass& p) {
    if (p.requantize || !quantized_once_) measure_or_throw(p);
    code_all([&](std::size_t s) { return noise(p.noise, states_[s]); });
    coded_ = false;
  }

  /// Recomputes the codes of all weights. noise_of(s) is the noise of the weights that share state s.
  template <class NoiseOf>
  void code_all(NoiseOf&& noise_of) {
    groups_.visit([&](std::size_t s, std::size_t begin, std::size_t size) {
      detail::for_pieces(size, [&, z = noise_of(s)](std::size_t first, std::size_t count) {
        code(begin + first, count, states_[s], z);
      });
    });
    has_codes();
  }

  template <class Noise = detail::no_noise>
  void code(std::size_t first, std::size_t count, const typename Quantizer::state& s, const Noise& z = {}) {
    detail::for_vectors(static_cast<int>(count), [&](int k, auto lanes) {
      const std::size_t at = first + index(k);
      const detail::vector w = detail::load(weights_.data() + at, lanes) - z.at(at);
      detail::store(codes_.data() + at, detail::code_of<Quantizer>(w, s), lanes);
    });
  }

  detail::weight_groups<Quantizer> groups_;
  std::vector<typename Quantizer::state> states_;
  [[no_unique_address]] detail::learned_state<Quantizer> learned_;
  [[no_unique_address]] frozen frozen_;
  [[no_unique_address]] detail::rounded_gradients<Estimator> rounded_;
  detail::table_input_gradient<detail::operand_of<Quantizer>> input_gradient_;
};

}  // namespace minnow
