#pragma once

#include <concepts>

#include <minnow/estimate/concept.hpp>
#include <minnow/gemm/vectors.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/concept.hpp>

/// Evaluates the rules of quantizers, estimators and element-wise layers on SIMD vectors. A rule written for a single
/// float is applied lane by lane.
namespace minnow::detail {

/// Codes of x. The quantizer's rule takes SIMD batches or single floats.
template <quantizer Quantizer>
vector code_of(const vector& x, const typename Quantizer::state& s) {
  if constexpr (requires {
                  { Quantizer::code(x, s) } -> std::same_as<vector>;
                })
    return Quantizer::code(x, s);
  else return lane_by_lane([&](float one) { return static_cast<float>(Quantizer::code(one, s)); }, x);
}

/// Multiplies `slope` by the quantizer's own slope, if the quantizer has one.
template <quantizer Quantizer>
void shape_slope([[maybe_unused]] vector& slope, [[maybe_unused]] role r, [[maybe_unused]] const vector& x,
                 [[maybe_unused]] const typename Quantizer::state& s) {
  if constexpr (requires {
                  { Quantizer::slope(r, x, s) } -> std::same_as<vector>;
                })
    slope *= Quantizer::slope(r, x, s);
  else if constexpr (requires { Quantizer::slope(r, 0.0f, s); })
    slope *= lane_by_lane([&](float one) { return static_cast<float>(Quantizer::slope(r, one, s)); }, x);
}

/// Slope of an estimator, by which the backward pass multiplies gradients. `low` and `high` bound the quantizer's
/// range.
template <estimator Estimator>
vector slope_of(role r, float alpha, const vector& x, float low, float high) {
  const auto inside = (x >= vector(low)) & (x <= vector(high));
  if constexpr (requires {
                  { Estimator::slope(r, alpha, x, inside) } -> std::same_as<vector>;
                })
    return Estimator::slope(r, alpha, x, inside);
  else
    return lane_by_lane(
        [&](float one) { return static_cast<float>(Estimator::slope(r, alpha, one, one >= low && one <= high)); }, x);
}

template <elementwise Layer>
vector apply_of(const vector& x) {
  if constexpr (requires {
                  { Layer::apply(x) } -> std::same_as<vector>;
                })
    return Layer::apply(x);
  else return lane_by_lane([](float one) { return static_cast<float>(Layer::apply(one)); }, x);
}

template <elementwise Layer>
vector slope_of(const vector& x) {
  if constexpr (requires {
                  { Layer::slope(x) } -> std::same_as<vector>;
                })
    return Layer::slope(x);
  else return lane_by_lane([](float one) { return static_cast<float>(Layer::slope(one)); }, x);
}

}  // namespace minnow::detail
