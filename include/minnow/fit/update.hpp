#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/train/network_base.hpp>
#include <minnow/train/optimizer.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// Limits of the gradients, which apply before each step of the optimizer: first each number is clipped to [-value,
/// value], then all gradients are multiplied by min(1, norm / n), where n is their Euclidean norm over all parameters.
///
/// source  Pascanu et al. 2013
struct gradient_limits {
  float norm = std::numeric_limits<float>::infinity();   ///< above 0
  float value = std::numeric_limits<float>::infinity();  ///< above 0

  [[nodiscard]] bool any() const noexcept { return std::isfinite(norm) || std::isfinite(value); }
  [[nodiscard]] status check() const noexcept;
};

/// An exponential moving average of every parameter: after step t, average <- k · average + (1 - k) · parameter, where
/// k = min(decay, (t - 1) / (t + 9)), so that the average follows the parameters quickly at first.
struct weight_average {
  float decay = 0;  ///< in [0, 1); 0: no average

  /// The factor k of step t, from 1.
  [[nodiscard]] float keep(long long step) const noexcept {
    return std::min(decay, static_cast<float>(step - 1) / static_cast<float>(step + 9));
  }
  [[nodiscard]] status check() const noexcept;
};

/// Applies an optimizer to a network and stores the moments of every parameter. Only the derived class knows the
/// optimizer's type, so the training loop is compiled once for all optimizers.
class updater_base {
public:
  virtual ~updater_base() = default;

  /// Makes one step with the gradients of the last backward pass. The same pass over the weights clips weights that
  /// have bounds and, if `requantize` is true, computes the weights' new codes. The weights' estimator scales their
  /// learning rate, and with it their weight decay.
  ///
  /// throws  a decay factor that is negative or not finite (nothing has changed then); a gradient, a parameter or a
  ///         moment that is not finite (the step is then complete, and the network is unusable). The message names the
  ///         step, the layer and the array
  virtual void step(network_base& net, const progress& at, float alpha, bool requantize = false) = 0;

  /// Number of values that are stored for each value of a parameter: the optimizer's moments, then the average.
  [[nodiscard]] int moment_count() const noexcept { return moment_count_; }
  /// Returns true if moment n is a mean of squares, which are never negative.
  [[nodiscard]] bool is_square(int n) const {
    return is_square_ != nullptr && n < moment_count_ - (averages() ? 1 : 0) && is_square_(n);
  }
  /// Returns true if the updater keeps an average of the parameters.
  [[nodiscard]] bool averages() const noexcept { return average_.decay > 0; }
  /// Replaces the parameters of a network with their averages, inside their bounds. The network is the trained one or a
  /// copy of it. Call it after at least one step.
  void put_averages(network_base& net) const;

  /// Moments of each parameter, in the order of the network's parameters. For each parameter: moment 0 of all its
  /// values, then moment 1 of all its values, and so on.
  [[nodiscard]] std::vector<std::vector<float>>& moments() noexcept { return moments_; }
  /// Allocates the moments and sets them to 0, as before the first step.
  void make_room(network_base& net);
  /// Restores the number of steps and the learning rate of the last step, to continue a run. Called after the moments
  /// were restored.
  void went_on(long long steps, float rate) noexcept {
    steps_ = steps;
    rate_ = rate;
  }

  /// The learning rate of the last step.
  [[nodiscard]] float rate() const noexcept { return rate_; }

protected:
  /// throws  limits or an average out of range
  updater_base(int count, bool (*square)(int), const gradient_limits& limits, const weight_average& average);

  [[nodiscard]] std::vector<float> zeros_for(const parameter& p) const {
    return std::vector<float>(p.value.size() * index(moment_count_), 0.0f);
  }

  /// Adds the gradients of all regularizers and returns the factor that limits the norm of all gradients, at most 1.
  /// The result does not depend on the number of threads.
  [[nodiscard]] float limit_norm(network_base& net) const;
  /// Updates the average of a parameter, after the step.
  void average(const parameter& p, std::vector<float>& moments) const;

  /// Error for a parameter whose update is not finite.
  [[nodiscard]] static status failure_of(const parameter& p, std::string_view path, long long step) noexcept;

  std::vector<std::vector<float>> moments_;
  gradient_limits limits_;
  weight_average average_;
  long long steps_ = 0;
  float rate_ = 0;

private:
  int moment_count_;
  bool (*is_square_)(int);
};

/// The updater of one optimizer.
template <optimizer Optimizer>
class updater : public updater_base {
public:
  /// throws  a rate that is not finite or not above 0; an empty decay function; errors of the optimizer's own check
  explicit updater(Optimizer o, const gradient_limits& limits = {}, const weight_average& average = {});

  void step(network_base& net, const progress& at, float alpha, bool requantize = false) override;

private:
  static constexpr auto square_moments() -> bool (*)(int) {
    if constexpr (requires { Optimizer::is_square(0); }) return [](int n) -> bool { return Optimizer::is_square(n); };
    else return nullptr;
  }

  /// Updates a parameter; returns true if all numbers are finite: the gradient, the values before they are clipped, the
  /// moments. The check uses numbers that are already in registers: it sums x - x, which is 0 unless x is a NaN or an
  /// infinity.
  ///
  /// factor   multiplies the gradient
  template <class Prepared>
  bool move(const parameter& p, std::vector<float>& moments, float rate, float factor, const Prepared& prepared,
            bool requantize);

  Optimizer optimizer_;
};

template <optimizer Optimizer>
updater<Optimizer>::updater(Optimizer o, const gradient_limits& limits, const weight_average& average)
    : updater_base(Optimizer::moments, square_moments(), limits, average), optimizer_(std::move(o)) {
  if (!(optimizer_.rate > 0 && std::isfinite(static_cast<double>(optimizer_.rate))))
    require(
        status::failure("optimizer: expected a finite rate above 0, found %g", static_cast<double>(optimizer_.rate)));
  if constexpr (requires { static_cast<bool>(optimizer_.decay); })
    if (!optimizer_.decay) require(status::failure("optimizer: expected a function as decay, found none"));
  if constexpr (requires { optimizer_.check(); }) require(optimizer_.check());
}

template <optimizer Optimizer>
void updater<Optimizer>::step(network_base& net, const progress& at, float alpha, bool requantize) {
  const float rate_now = optimizer_.rate * optimizer_.decay(at);
  if (!(rate_now >= 0 && std::isfinite(rate_now)))
    require(status::failure("optimizer: expected a finite rate of at least 0 at step %lld, found %g", at.step + 1,
                            static_cast<double>(rate_now)));
  rate_ = rate_now;
  const auto prepared = optimizer_.at(++steps_);
  const bool limits_norm = std::isfinite(limits_.norm);
  const float factor = limits_norm ? limit_norm(net) : 1;
  std::size_t array = 0;
  status outcome;
  const auto move_one = [&](std::string_view path, const parameter& p) {
    if (array == moments_.size()) moments_.push_back(zeros_for(p));
    std::vector<float>& moments = moments_[array++];
    if (moments.size() != p.value.size() * index(moment_count()))
      require(status::failure(
          "optimizer: expected the network of the previous steps, found another size of '%.*s' in layer %.*s",
          static_cast<int>(p.name.size()), p.name.data(), static_cast<int>(path.size()), path.data()));
    if (!limits_norm && p.regularize) p.regularize();
    const float rate = p.quantized ? rate_ * net.learning_rate_scale(alpha) : rate_;
    // After a failure the other parameters are updated too, so that all layers are at the same step.
    if (!move(p, moments, rate, factor, prepared, requantize) && outcome.ok())
      outcome = failure_of(p, path, at.step + 1);
    if (averages()) average(p, moments);
  };
  net.parameters(std::cref(move_one));  // passed by reference, which avoids an allocation
  require(outcome);
}

template <optimizer Optimizer>
template <class Prepared>
bool updater<Optimizer>::move(const parameter& p, std::vector<float>& moments, float rate, float factor,
                              const Prepared& prepared, bool requantize) {
  const std::size_t size = p.value.size();
  const bool limited = limits_.any();
  std::atomic<bool> finite{true};
  detail::for_pieces(size, [&](std::size_t first, std::size_t length) {
    detail::vector odd(0.0f);
    detail::for_vectors(static_cast<int>(length), [&](int k, auto count) {
      using detail::vector;
      const std::size_t i = first + index(k);
      vector m[Optimizer::moments > 0 ? Optimizer::moments : 1];
      for (int n = 0; n < Optimizer::moments; ++n) m[n] = detail::load(moments.data() + index(n) * size + i, count);
      const vector gradient = detail::load(p.gradient.data() + i, count);
      vector g = gradient;
      if (limited) g = vector(factor) * (scalar::clamp)(g, vector(-limits_.value), vector(limits_.value));
      vector w = detail::load(p.value.data() + i, count);
      if constexpr (requires { optimizer_.update_binary(w, g, m, rate); })
        w = p.binary ? optimizer_.update_binary(w, g, m, rate) : optimizer_.update(w, g, m, rate, prepared);
      else w = optimizer_.update(w, g, m, rate, prepared);
      vector odd_here = (w - w) + (gradient - gradient);
      for (int n = 0; n < Optimizer::moments; ++n) odd_here += m[n] - m[n];
      odd += detail::first_of(odd_here, count);
      if (p.bounded) w = (scalar::clamp)(w, vector(-1.0f), vector(1.0f));
      detail::store(p.value.data() + i, w, count);
      for (int n = 0; n < Optimizer::moments; ++n) detail::store(moments.data() + index(n) * size + i, m[n], count);
    });
    if (requantize && p.requantize) p.requantize(first, length);
    if (detail::total(odd) != 0) finite.store(false, std::memory_order_relaxed);
  });
  if (p.limit) p.limit();
  return finite.load();
}

#if defined(MINNOW_COMPILED)
extern template class updater<adam>;
extern template class updater<bop>;
extern template class updater<sgd>;
#endif

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/update.ipp>
#endif
