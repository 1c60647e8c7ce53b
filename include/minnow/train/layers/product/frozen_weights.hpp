#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/estimate/concept.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

/// An estimator that freezes a fraction of the weights at their quantized values (`frozen_fraction`,
/// estimate/concept.hpp).
template <class Estimator>
concept freezes_weights = requires { Estimator::frozen_fraction(0.5f); };

/// A quantizer whose levels can be kept (`freeze`, quantize/concept.hpp).
template <class Quantizer>
concept freezable = requires(typename Quantizer::state s) {
  Quantizer::freeze(s);
  { Quantizer::is_frozen(s) } -> std::convertible_to<bool>;
};

/// The frozen weights of a layer. The class has no data members unless the estimator freezes weights.
template <quantizer Quantizer, class Estimator>
class frozen_weights {
public:
  static constexpr bool exist = false;
};

template <quantizer Quantizer, freezes_weights Estimator>
  requires(is_integer(Quantizer::storage))
class frozen_weights<Quantizer, Estimator> {
  static_assert(freezable<Quantizer>,
                "minnow: an estimator that freezes weights needs quantizers whose levels can be kept: freeze(state), "
                "is_frozen(state)");
  static_assert(!Estimator::stochastic, "minnow: an estimator that freezes weights has no noise");

public:
  static constexpr bool exist = true;

  /// Returns true if the frozen weights are not known yet.
  [[nodiscard]] bool unknown() const noexcept { return levels_.empty(); }
  void forget() noexcept { levels_.clear(); }

  /// Finds the frozen weights. If they are less than the fraction of this alpha, quantizes and freezes the largest of
  /// the others. The result depends only on the arguments.
  ///
  /// states   states of equally large groups of weights, which were measured on the weights
  /// returns  false if a quantized weight is not its own quantized value, so that it would not stay frozen
  [[nodiscard]] bool advance(std::span<float> weights, std::span<typename Quantizer::state> states, float alpha) {
    const std::size_t group = weights.size() / states.size();
    const auto quantized_value = [&](std::size_t i) { return quantized<Quantizer>(weights[i], states[i / group]); };
    levels_.assign(weights.size(), std::numeric_limits<float>::quiet_NaN());
    std::vector<std::size_t> others;
    for (std::size_t i = 0; i < weights.size(); ++i)
      if (Quantizer::is_frozen(states[i / group]) && weights[i] == quantized_value(i)) levels_[i] = weights[i];
      else others.push_back(i);
    const double wanted = static_cast<double>(Estimator::frozen_fraction(alpha)) * static_cast<double>(weights.size());
    const std::size_t target = (std::min)(static_cast<std::size_t>(std::nearbyint(wanted)), weights.size());
    const std::size_t frozen = weights.size() - others.size();
    if (target <= frozen) return true;
    const auto end = others.begin() + static_cast<std::ptrdiff_t>(target - frozen);
    std::nth_element(others.begin(), end - 1, others.end(), [&](std::size_t a, std::size_t b) {
      const float left = (std::abs)(weights[a]), right = (std::abs)(weights[b]);
      return left > right || (left == right && a < b);
    });
    std::for_each(others.begin(), end, [&](std::size_t i) { levels_[i] = weights[i] = quantized_value(i); });
    for (typename Quantizer::state& s : states) Quantizer::freeze(s);
    return std::all_of(others.begin(), end, [&](std::size_t i) { return weights[i] == quantized_value(i); });
  }

  /// Moves frozen weights back to their quantized values. Called after each update of the weights.
  void hold(std::span<float> weights) const {
    if (unknown()) return;
    for_all(weights.size(), [&](std::size_t i, auto count) {
      using scalar::select;
      const vector level = load(levels_.data() + i, count);
      store(weights.data() + i, select(level == level, level, load(weights.data() + i, count)), count);
    });
  }

private:
  std::vector<float> levels_;  ///< quantized values of the frozen weights; NaN for all others
};

}  // namespace minnow::detail
