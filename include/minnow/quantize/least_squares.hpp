#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <minnow/core/index.hpp>

/// Least squares for quantizers whose levels are sums of a few basis values.
namespace minnow::detail {

/// Rounds to float and limits the magnitude to 2^120, so that sums and differences of a few such numbers are finite.
inline float bounded_float(double v) noexcept { return static_cast<float>((std::clamp)(v, -0x1p120, 0x1p120)); }

/// Solves a x = b by Gaussian elimination without pivoting.
///
/// a  symmetric and positive definite
template <std::size_t Size>
std::array<double, Size> solve(std::array<std::array<double, Size>, Size> a, std::array<double, Size> b) noexcept {
  for (std::size_t k = 0; k < Size; ++k)
    for (std::size_t i = k + 1; i < Size; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < Size; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  for (std::size_t k = Size; k-- > 0;) {
    for (std::size_t j = k + 1; j < Size; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

/// Values grouped by the interval between thresholds in which they are: for each interval the number of its values,
/// then for each interval the sum of its values. Interval i holds the values that are greater than exactly i
/// thresholds.
template <std::size_t Intervals>
std::array<double, 2 * Intervals> interval_sums(std::span<const float> values,
                                                const std::array<float, Intervals - 1>& thresholds) noexcept {
  std::array<double, 2 * Intervals> sums{};
  for (const float x : values) {
    int i = 0;
    for (const float t : thresholds) i += x > t ? 1 : 0;
    sums[index(i)] += 1;
    sums[Intervals + index(i)] += static_cast<double>(x);
  }
  return sums;
}

/// Finds the basis v that minimizes the sum over all values x of (x - <v, b>)^2, where b is the binary vector of the
/// interval that contains x. If several v minimize it, returns the one nearest to `start`.
///
/// vectors  b for each interval
/// sums     of `interval_sums`
/// start    any basis, for example the previous one
template <std::size_t Bits, std::size_t Intervals>
std::array<double, Bits> least_squares(const std::array<std::array<std::int8_t, Bits>, Intervals>& vectors,
                                       const std::array<double, 2 * Intervals>& sums,
                                       const std::array<float, Bits>& start) noexcept {
  std::array<std::array<double, Bits>, Bits> products{};
  std::array<double, Bits> residuals{};
  double count = 0;
  for (std::size_t i = 0; i < Intervals; ++i) {
    double rest = sums[Intervals + i];
    for (std::size_t k = 0; k < Bits; ++k) rest -= sums[i] * vectors[i][k] * static_cast<double>(start[k]);
    for (std::size_t k = 0; k < Bits; ++k) {
      residuals[k] += vectors[i][k] * rest;
      for (std::size_t j = 0; j < Bits; ++j) products[k][j] += sums[i] * vectors[i][k] * vectors[i][j];
    }
    count += sums[i];
  }
  // This term makes the matrix definite if some vectors do not occur. Otherwise it changes the solution by about 1e-9.
  for (std::size_t k = 0; k < Bits; ++k) products[k][k] += 1e-9 * (count > 0 ? count : 1);
  std::array<double, Bits> basis = solve(products, residuals);
  for (std::size_t k = 0; k < Bits; ++k) basis[k] += static_cast<double>(start[k]);
  return basis;
}

}  // namespace minnow::detail
