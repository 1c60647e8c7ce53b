#pragma once

#include <concepts>
#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/estimate/concept.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

/// An estimator with a penalty on latent weights (`penalty_slope`, estimate/concept.hpp).
template <class Estimator>
concept penalizes_weights = requires { Estimator::penalty_slope(0.0f, 1.0f, 0.5f); };

/// Slope of an estimator's penalty on weights w with the quantized values h and the gradients g.
template <penalizes_weights Estimator>
vector penalty_slope_of(const vector& w, const vector& h, const vector& g) {
  if constexpr (requires {
                  { Estimator::penalty_slope(w, h, g) } -> std::same_as<vector>;
                })
    return Estimator::penalty_slope(w, h, g);
  else
    return lane_by_lane([](float a, float b, float c) { return static_cast<float>(Estimator::penalty_slope(a, b, c)); },
                        w, h, g);
}

/// Adds the slope of an estimator's penalty to the gradients of the weights of one filter.
///
/// weights, codes, gradients   `count` numbers each
/// scale                       the quantized value of code 1
template <penalizes_weights Estimator>
void add_penalty_slope(const float* weights, const float* codes, float scale, float* gradients, int count) {
  for_vectors(count, [&](int k, auto lanes_of_k) {
    const vector g = load(gradients + k, lanes_of_k);
    const vector h = load(codes + k, lanes_of_k) * vector(scale);
    store(gradients + k, g + penalty_slope_of<Estimator>(load(weights + k, lanes_of_k), h, g), lanes_of_k);
  });
}

}  // namespace minnow::detail
