#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xtensor.hpp>

#include <minnow/core/index.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/exchange/tensors.hpp>
#include <minnow/train/float_array.hpp>

/// Converts arrays of minnow to xtensor expressions and back. No other header needs xtensor.
///
/// A view (`as_xtensor`) copies nothing: it is valid as long as the viewed object exists and keeps its size, and it
/// shows later changes. A data set can be made from any xtensor array: dataset(images, labels). Evaluate an expression
/// with xt::eval first.
namespace minnow {

namespace detail {

template <class Value, std::size_t Rank>
[[nodiscard]] auto view_of(const Value* values, const std::array<std::size_t, Rank>& shape) {
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  return xt::adapt(values, size, xt::no_ownership(), shape);
}

template <class Result>
inline constexpr bool is_matrix_of_floats = false;
template <>
inline constexpr bool is_matrix_of_floats<xt::xtensor<float, 2>> = true;

}  // namespace detail

/// Returns weights or other numbers of a layer as an expression of the same rank:
/// as_xtensor(net.layer<"0">().weights()) has the shape (filters, height, width, channels).
template <std::size_t Rank>
[[nodiscard]] auto as_xtensor(const float_array<Rank>& numbers) {
  return detail::view_of(numbers.data(), numbers.shape());
}
template <std::size_t Rank>
void as_xtensor(const float_array<Rank>&&) = delete;

/// Returns the images of a data set, (N,H,W,C), as an expression.
template <class Element>
[[nodiscard]] auto as_xtensor(const dataset<Element>& data) {
  const shape& s = data.dimensions;
  return detail::view_of(data.images.data(), std::array<std::size_t, 4>{index(data.size()), index(s.height),
                                                                        index(s.width), index(s.channels)});
}
template <class Element>
void as_xtensor(const dataset<Element>&&) = delete;

/// Returns a tensor of a file as an expression of the same shape.
[[nodiscard]] inline auto as_xtensor(const tensor& array) {
  const std::vector<std::size_t> shape(array.shape.begin(), array.shape.end());
  return xt::adapt(array.values.data(), array.values.size(), xt::no_ownership(), shape);
}
void as_xtensor(const tensor&&) = delete;

/// Copies an expression into a tensor, for example for `save_npy`. Converts its numbers to floats.
template <class Expression>
[[nodiscard]] tensor to_tensor(const xt::xexpression<Expression>& expression) {
  const Expression& from = expression.derived_cast();
  tensor result;
  for (const auto extent : from.shape()) result.shape.push_back(static_cast<std::uint64_t>(extent));
  result.values.reserve(from.size());
  for (auto number = from.template begin<xt::layout_type::row_major>();
       number != from.template end<xt::layout_type::row_major>(); ++number)
    result.values.push_back(static_cast<float>(*number));
  return result;
}

/// Copies an expression into an array of the same rank. Converts its numbers to floats. `set_weights` takes such arrays
/// of rank 4.
template <std::size_t Rank, class Expression>
[[nodiscard]] float_array<Rank> to_float_array(const xt::xexpression<Expression>& expression) {
  const xt::xtensor<float, Rank> from = expression.derived_cast();
  typename float_array<Rank>::shape_type shape;
  std::copy(from.shape().begin(), from.shape().end(), shape.begin());
  float_array<Rank> result(shape);
  std::copy(from.begin(), from.end(), result.begin());
  return result;
}

/// Overload of `logits` that returns an xtensor (N,classes): logits<xt::xtensor<float, 2>>(net, data). `net` is a
/// trainable or a packed network, and `options` are the other arguments of `logits`.
///
/// throws  as logits
template <class Result, class Network, class Element, class... Options>
  requires detail::is_matrix_of_floats<Result>
[[nodiscard]] Result logits(Network&& net, const dataset<Element>& data, const Options&... options) {
  const std::vector<float> all = logits(std::forward<Network>(net), data, options...);
  const std::size_t images = index(data.size());
  Result result(std::array<std::size_t, 2>{images, images > 0 ? all.size() / images : 0});
  std::copy(all.begin(), all.end(), result.begin());
  return result;
}

}  // namespace minnow
