#pragma once

// Gradients by central differences of forward passes in double precision. The forward passes are implemented here
// independently of the library.

#include <cmath>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>

#include "reference_convolution.hpp"

namespace minnow::test {

using numbers = std::vector<double>;

/// The largest relative error of a rounding to float, which has 24 significant bits.
inline constexpr double float_rounding = 0x1p-24;

/// Returns the gradient of f at x: (f(x + step) - f(x - step)) / (2 step) for each coordinate.
template <class F>
numbers finite_differences(F&& f, numbers x, double step) {
  numbers result(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double kept = x[i];
    x[i] = kept + step;
    const double above = f(x);
    x[i] = kept - step;
    const double below = f(x);
    x[i] = kept;
    result[i] = (above - below) / (2 * step);
  }
  return result;
}

inline double inner(const numbers& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * static_cast<double>(b[i]);
  return sum;
}

inline numbers magnitudes(const std::vector<float>& x) {
  numbers result(x.begin(), x.end());
  for (double& v : result) v = std::abs(v);
  return result;
}

/// Returns a description of the first number that differs from the expected one by more than its tolerance, or an empty
/// text if there is none.
inline std::string further(const std::vector<float>& found, const numbers& expected, const numbers& tolerance) {
  std::ostringstream sentence;
  sentence.precision(9);
  if (found.size() != expected.size()) {
    sentence << "expected " << expected.size() << " numbers, found " << found.size();
    return sentence.str();
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!(std::abs(static_cast<double>(found[i]) - expected[i]) <= tolerance[i])) {
      sentence << "number " << i << ": expected " << expected[i] << " +- " << tolerance[i] << ", found " << found[i];
      return sentence.str();
    }
  return {};
}
inline std::string further(const std::vector<float>& found, const numbers& expected, double tolerance) {
  return further(found, expected, numbers(expected.size(), tolerance));
}

/// Computes for each window the maximum of the elements inside the image, or their sum divided by the window's size.
inline numbers pool(const geometry& g, int images, const numbers& in, bool averages) {
  numbers out;
  for (int n = 0; n < images; ++n)
    for (int y = 0; y < g.out.height; ++y)
      for (int x = 0; x < g.out.width; ++x)
        for (int c = 0; c < g.out.channels; ++c) {
          double sum = 0;
          double largest = -HUGE_VAL;
          for_each_tap(g, y, x, [&](int row, int column, int) {
            const double v = in[index(((n * g.in.height + row) * g.in.width + column) * g.in.channels + c)];
            sum += v;
            largest = std::fmax(largest, v);
          });
          out.push_back(averages ? sum / (g.kernel.height * g.kernel.width) : largest);
        }
  return out;
}

/// Computes batch norm as PyTorch documents it for training, with each channel's mean and biased variance over the
/// batch.
inline numbers normalized(const numbers& in, const numbers& gamma, const numbers& beta, double epsilon = 1e-5) {
  const std::size_t channels = gamma.size();
  const auto rows = static_cast<double>(in.size() / channels);
  numbers out(in.size());
  for (std::size_t c = 0; c < channels; ++c) {
    double mean = 0;
    for (std::size_t i = c; i < in.size(); i += channels) mean += in[i];
    mean /= rows;
    double variance = 0;
    for (std::size_t i = c; i < in.size(); i += channels) variance += (in[i] - mean) * (in[i] - mean);
    variance /= rows;
    for (std::size_t i = c; i < in.size(); i += channels)
      out[i] = (in[i] - mean) / std::sqrt(variance + epsilon) * gamma[c] + beta[c];
  }
  return out;
}

}  // namespace minnow::test
