#pragma once

#include <array>
#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/kernels/float_vector.hpp>

namespace minnow {

/// An array of floats with `Rank` dimensions. The last index varies fastest. `exchange/xtensor.hpp` has functions that
/// return it as an xtensor expression.
template <std::size_t Rank>
class float_array {
public:
  using shape_type = std::array<std::size_t, Rank>;

  explicit float_array(const shape_type& shape, float value = 0) : shape_(shape) {
    std::size_t size = 1;
    for (const std::size_t extent : shape) size *= extent;
    values_.resize(size, value);
  }

  [[nodiscard]] const shape_type& shape() const noexcept { return shape_; }
  [[nodiscard]] std::size_t shape(std::size_t dimension) const noexcept { return shape_[dimension]; }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

  [[nodiscard]] float* data() noexcept { return values_.data(); }
  [[nodiscard]] const float* data() const noexcept { return values_.data(); }
  [[nodiscard]] float* begin() noexcept { return data(); }
  [[nodiscard]] float* end() noexcept { return data() + size(); }
  [[nodiscard]] const float* begin() const noexcept { return data(); }
  [[nodiscard]] const float* end() const noexcept { return data() + size(); }

  /// Element at the given indices, one for each dimension.
  template <class... Indices>
    requires(sizeof...(Indices) == Rank)
  [[nodiscard]] float& operator()(Indices... indices) noexcept {
    return values_[offset({index(indices)...})];
  }
  template <class... Indices>
    requires(sizeof...(Indices) == Rank)
  [[nodiscard]] float operator()(Indices... indices) const noexcept {
    return values_[offset({index(indices)...})];
  }

  friend bool operator==(const float_array& a, const float_array& b) noexcept {
    return a.shape_ == b.shape_ && a.values_ == b.values_;
  }

private:
  [[nodiscard]] std::size_t offset(const shape_type& indices) const noexcept {
    std::size_t at = 0;
    for (std::size_t d = 0; d < Rank; ++d) at = at * shape_[d] + indices[d];
    return at;
  }

  shape_type shape_;
  kernels::aligned_floats values_;
};

}  // namespace minnow
