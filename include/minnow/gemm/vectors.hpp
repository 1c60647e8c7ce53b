#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/scalar.hpp>
#include <minnow/kernels/simd.hpp>

/// Element-wise loops of training. The body of each loop is written only once. It runs on whole vectors, and on one
/// padded vector for the last elements.
namespace minnow::detail {

#ifdef XSIMD_NO_SUPPORTED_ARCHITECTURE
using vector = float;
inline constexpr int lanes = 1;
using whole = std::integral_constant<int, 1>;
inline vector load(const float* from, int) noexcept { return *from; }
inline void store(float* to, vector v, int) noexcept { *to = v; }
inline vector from_integers(const std::int32_t* from) noexcept { return static_cast<float>(*from); }
inline float total(vector v) noexcept { return v; }
inline vector first_of(vector v, int) noexcept { return v; }
#else
using vector = xsimd::batch<float>;
inline constexpr int lanes = static_cast<int>(vector::size);
using whole = std::integral_constant<int, lanes>;

inline vector load(const float* from, whole) noexcept { return vector::load_unaligned(from); }
inline vector load(const float* from, int count) noexcept {
  float padded[lanes] = {};
  std::copy_n(from, count, padded);
  return vector::load_unaligned(padded);
}
/// Converts a whole vector of integers to floats, each rounded once.
inline vector from_integers(const std::int32_t* from) noexcept {
  return xsimd::batch_cast<float>(xsimd::batch<std::int32_t>::load_unaligned(from));
}
inline float total(const vector& v) noexcept { return xsimd::reduce_add(v); }
inline void store(float* to, const vector& v, whole) noexcept { v.store_unaligned(to); }
inline void store(float* to, const vector& v, int count) noexcept {
  float padded[lanes];
  v.store_unaligned(padded);
  std::copy_n(padded, count, to);
}
/// Returns the first `count` numbers of v, followed by zeros.
inline vector first_of(const vector& v, whole) noexcept { return v; }
inline vector first_of(const vector& v, int count) noexcept {
  float padded[lanes];
  v.store_unaligned(padded);
  return load(padded, count);
}
#endif

/// Calls body(i, count) for each vector of n elements. `count` is a constant (`whole`) for all vectors except a partial
/// last one.
template <class Body>
void for_vectors(int n, Body&& body) {
  int i = 0;
  for (; i + lanes <= n; i += lanes) body(i, whole{});
  if constexpr (lanes > 1)
    if (i < n) body(i, n - i);
}

/// Calls body(row, i, count) for each vector of `rows` rows of `n` elements. The rows are divided among the threads.
template <class Body>
void for_rows(std::size_t rows, int n, Body&& body) {
  const std::size_t piece = std::max<std::size_t>(1, 16384 / index(std::max(n, 1)));
  parallel_for(static_cast<int>((rows + piece - 1) / piece), [&](int p) {
    const std::size_t first = index(p) * piece;
    for (std::size_t row = first; row < std::min(rows, first + piece); ++row)
      for_vectors(n, [&](int i, auto count) { body(row, i, count); });
  });
}

/// Calls body(offset, count) for pieces of a flat array that stay in the L2 cache, divided among the threads.
template <class Body>
void for_pieces(std::size_t n, Body&& body) {
  constexpr std::size_t piece = 16384;
  parallel_for(static_cast<int>((n + piece - 1) / piece), [&](int p) {
    const std::size_t first = index(p) * piece;
    body(first, std::min(piece, n - first));
  });
}

/// Calls body(i, count) for each vector of a flat array of n elements, in the pieces of for_pieces.
template <class Body>
void for_all(std::size_t n, Body&& body) {
  for_pieces(n, [&](std::size_t first, std::size_t size) {
    for_vectors(static_cast<int>(size), [&](int i, auto count) { body(first + index(i), count); });
  });
}

/// Computes to = from · factor, for `size` elements; the arrays may be the same.
void multiply(const float* from, float factor, float* to, std::size_t size);
/// Multiplies column c of `rows` rows of scales.size() elements by scales[c].
void multiply_columns(float* data, std::size_t rows, std::span<const float> scales);
/// Computes to += from, for `size` elements.
void add_to(const float* from, float* to, std::size_t size);

/// Copies `rows` rows of `channels` numbers, multiplied by `factor`. Rows are from_step numbers apart in the source and
/// to_step in the destination.
void copy_rows(std::size_t rows, int channels, float factor, const float* from, int from_step, float* to, int to_step);

/// Applies a scalar function to vectors, lane by lane.
template <class Rule, class... Value>
vector lane_by_lane(Rule&& rule, const Value&... x) {
  if constexpr (lanes == 1) {
    return rule(x...);
  } else {
    return [&](const auto&... spread) {
      float result[lanes];
      for (int i = 0; i < lanes; ++i) result[i] = rule(spread.values[i]...);
      return load(result, whole{});
    }([](const Value& v) {
      struct {
        float values[lanes];
      } s;
      store(s.values, v, whole{});
      return s;
    }(x)...);
  }
}

/// Returns fma(x, scale, shift), rounded once on every processor: xsimd's fma where the instruction exists, else
/// std::fma lane by lane.
inline vector fused(const vector& x, const vector& scale, const vector& shift) noexcept {
#if defined(__FMA__) || defined(__aarch64__)
  using scalar::fma;
  return fma(x, scale, shift);
#else
  return lane_by_lane([](float a, float b, float c) { return std::fma(a, b, c); }, x, scale, shift);
#endif
}

/// Returns x in the lanes where `where` is in [low, high], else 0.
inline vector keep_inside(const vector& x, const vector& where, float low, float high) noexcept {
  using scalar::select;
  return select((where >= vector(low)) & (where <= vector(high)), x, vector(0.0f));
}

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/gemm/impl/vectors.ipp>
#endif
