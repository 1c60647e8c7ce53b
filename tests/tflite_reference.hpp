#pragma once

// TensorFlow Lite's published 8-bit quantization specification, in plain loops over signed 8-bit integers.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <minnow/core/shape.hpp>

#include "reference_convolution.hpp"

namespace tflite_reference {

/// A real factor as q · 2^(shift - 31).
struct factor {
  std::int64_t q;
  int shift;
};
inline factor factor_of(double real) {
  int shift = 0;
  for (; real >= 1; real /= 2) ++shift;
  for (; real < 0.5; real *= 2) --shift;
  const auto q = static_cast<std::int64_t>(std::llround(real * 0x1p31));
  return q == std::int64_t{1} << 31 ? factor{q / 2, shift + 1} : factor{q, shift};
}
/// The high half of a doubled product, rounded to nearest, then a division by a power of two, rounded to nearest.
inline std::int64_t times(std::int64_t x, factor f) {
  const std::int64_t high = (x * (std::int64_t{1} << std::max(f.shift, 0)) * f.q + (std::int64_t{1} << 30)) >> 31;
  return std::llround(std::ldexp(static_cast<double>(high), std::min(f.shift, 0)));
}

/// One rounding, ties up.
inline std::int64_t times_once(std::int64_t x, factor f) {
  const int shift = 31 - f.shift;
  return (x * f.q + (std::int64_t{1} << (shift - 1))) >> shift;
}

struct map {
  minnow::shape s;
  std::vector<int> q;
  float scale;
  int zero_point;
};
struct limits {
  double low = -1e9;
  double high = 1e9;
};

inline int clamped(std::int64_t code, const map& to, limits act) {
  const double low = std::max(-128.0, to.zero_point + std::round(act.low / static_cast<double>(to.scale)));
  const double high = std::min(127.0, to.zero_point + std::round(act.high / static_cast<double>(to.scale)));
  return static_cast<int>(std::clamp(static_cast<double>(code + to.zero_point), low, high));
}

struct filters {
  std::vector<int> q;  ///< (filters, height, width, channels of a group)
  std::vector<float> scales;
  std::vector<std::int32_t> bias;
};

inline map product(const map& in, const minnow::geometry& g, const filters& w, map to, limits act, bool once = false,
                   bool float_product = false) {
  to.s = g.out;
  for (int y = 0; y < g.out.height; ++y)
    for (int x = 0; x < g.out.width; ++x)
      for (int f = 0; f < g.out.channels; ++f) {
        std::int64_t sum = w.bias[static_cast<std::size_t>(f)];
        minnow::test::for_each_factor(g, 0, y, x, f, [&](std::size_t input, std::size_t weight) {
          sum += (in.q[input] - in.zero_point) * w.q[weight];
        });
        const float scale = w.scales[w.scales.size() == 1 ? 0 : static_cast<std::size_t>(f)];
        const double both = float_product ? static_cast<double>(in.scale * scale)
                                          : static_cast<double>(in.scale) * static_cast<double>(scale);
        const factor f_out = factor_of(both / static_cast<double>(to.scale));
        to.q.push_back(clamped(once ? times_once(sum, f_out) : times(sum, f_out), to, act));
      }
  return to;
}

inline map add(const map& a, const map& b, map to, limits act) {
  to.s = a.s;
  const double twice = 2 * static_cast<double>(std::max(a.scale, b.scale));
  const factor fa = factor_of(static_cast<double>(a.scale) / twice),
               fb = factor_of(static_cast<double>(b.scale) / twice),
               f_sum = factor_of(twice / ((1 << 20) * static_cast<double>(to.scale)));
  for (std::size_t i = 0; i < a.q.size(); ++i) {
    const std::int64_t sum =
        times(std::int64_t{a.q[i] - a.zero_point} << 20, fa) + times(std::int64_t{b.q[i] - b.zero_point} << 20, fb);
    to.q.push_back(clamped(times(sum, f_sum), to, act));
  }
  return to;
}

inline map pool(const map& in, int size, bool averages) {
  map to{{in.s.height / size, in.s.width / size, in.s.channels}, {}, in.scale, in.zero_point};
  for (int y = 0; y < to.s.height; ++y)
    for (int x = 0; x < to.s.width; ++x)
      for (int c = 0; c < to.s.channels; ++c) {
        int total = 0, largest = -128;
        for (int k = 0; k < size * size; ++k) {
          const int q = in.q[static_cast<std::size_t>(
              ((y * size + k / size) * in.s.width + x * size + k % size) * in.s.channels + c)];
          total += q;
          largest = std::max(largest, q);
        }
        to.q.push_back(averages ? static_cast<int>(std::lround(static_cast<double>(total) / (size * size))) : largest);
      }
  return to;
}

}  // namespace tflite_reference
