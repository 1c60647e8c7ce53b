#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/properties.hpp>
#include <minnow/train/trainable.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

/// The floats of a quantizer's states, for files and optimizers.
template <quantizer Quantizer>
std::span<float> state_array(typename Quantizer::state* states, std::size_t count) noexcept {
  if constexpr (state_floats<Quantizer> == 0) {
    return {};
  } else {
    static_assert(sizeof(typename Quantizer::state) == state_floats<Quantizer> * sizeof(float) &&
                      alignof(typename Quantizer::state) == alignof(float),
                  "minnow: a quantizer's state is a struct of floats");
    return {reinterpret_cast<float*>(states), count * index(state_floats<Quantizer>)};
  }
}

/// The floats of the first state that cannot be packed; empty if all states can.
template <quantizer Quantizer>
std::span<const float> first_unsound(std::span<typename Quantizer::state> states) {
  for (typename Quantizer::state& s : states)
    if (!is_sound<Quantizer>(s)) return state_array<Quantizer>(&s, 1);
  return {};
}

/// Gradients of a quantizer's states. The class has no data members unless the quantizer learns its states.
template <class Quantizer>
class learned_state {
public:
  explicit learned_state(std::size_t /*states*/) noexcept {}
};

template <learned_quantizer Quantizer>
class learned_state<Quantizer> {
  static_assert(
      requires(typename Quantizer::state s) { Quantizer::limit(s); },
      "minnow: a quantizer that learns its state says how a state stays inside its bounds: limit(state)");
  static constexpr std::size_t floats = index(state_floats<Quantizer>);

public:
  explicit learned_state(std::size_t states) : gradient_(states * floats) {}

  /// Computes the gradient of one state. It sums over pieces of a fixed length, so that the result does not depend on
  /// the number of threads.
  ///
  /// s        index of `state`
  /// x        `count` values that share the state
  /// g        gradients with respect to the quantized values of x
  /// factor   multiplies the result
  /// images   number of images that the values belong to; 1 for weights
  void take(std::size_t s, const typename Quantizer::state& state, const float* x, const float* g, std::size_t count,
            float factor, int images = 1) {
    if constexpr (requires { Quantizer::gradient_scale(count); })
      factor *= Quantizer::gradient_scale(count / index(images));
    constexpr std::size_t piece = 16384;
    const std::size_t pieces = (count + piece - 1) / piece;
    if (sums_.size() < pieces * floats) sums_.resize(pieces * floats);
    parallel_for(static_cast<int>(pieces), [&](int p) {
      const std::size_t first = index(p) * piece;
      vector sums[floats];
      for (vector& sum : sums) sum = vector(0.0f);
      for_vectors(static_cast<int>(std::min(count - first, piece)), [&](int k, auto lanes_of_k) {
        const std::size_t at = first + index(k);
        add(load(x + at, lanes_of_k), state, load(g + at, lanes_of_k), sums);
      });
      for (std::size_t i = 0; i < floats; ++i) sums_[index(p) * floats + i] = static_cast<double>(total(sums[i]));
    });
    for (std::size_t i = 0; i < floats; ++i) {
      double sum = 0;
      for (std::size_t p = 0; p < pieces; ++p) sum += sums_[p * floats + i];
      gradient_[s * floats + i] = static_cast<float>(sum) * factor;
    }
  }
  [[nodiscard]] parameter as_parameter(typename Quantizer::state* states) noexcept {
    const std::size_t count = gradient_.size() / floats;
    parameter p{"state", state_array<Quantizer>(states, count), gradient_};
    p.limit = [states, count] {
      std::for_each_n(states, count, [](typename Quantizer::state& s) { Quantizer::limit(s); });
    };
    return p;
  }

private:
  /// Adds the gradients from some values. The quantizer's rule takes SIMD batches or single floats.
  static void add(const vector& x, const typename Quantizer::state& state, const vector& g, vector (&sums)[floats]) {
    if constexpr (requires { Quantizer::learn(x, state, g, sums); }) {
      Quantizer::learn(x, state, g, sums);
    } else {
      float xs[lanes], gs[lanes], parts[floats][lanes];
      store(xs, x, whole{});
      store(gs, g, whole{});
      for (std::size_t lane = 0; lane < index(lanes); ++lane) {
        float one[floats] = {};
        Quantizer::learn(xs[lane], state, gs[lane], one);
        for (std::size_t i = 0; i < floats; ++i) parts[i][lane] = one[i];
      }
      for (std::size_t i = 0; i < floats; ++i) sums[i] += load(parts[i], whole{});
    }
  }

  std::vector<float> gradient_;
  std::vector<double> sums_;  ///< sums of the pieces
};

}  // namespace minnow::detail
