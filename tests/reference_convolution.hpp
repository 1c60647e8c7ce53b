#pragma once

// Computes the product of a layer from its definition, in plain loops. All tests of products use it for their expected
// results. It shares no code with the library's kernels or with kernels/reference.hpp.
//
// Outputs are computed in the order of memory (image, row, column, filter), and the multiplications of one output in
// the order of the weights (kernel row, kernel column, channel of the group). Window elements outside the image are
// omitted.

#include <cmath>
#include <cstddef>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>

namespace minnow::test {

/// Calls visit(row, column, tap) for the elements of the window at output (y, x) that are inside the image. `tap` is
/// the index of the element in the window, row by row.
template <class Visit>
void for_each_tap(const geometry& g, int y, int x, Visit&& visit) {
  for (int ky = 0; ky < g.kernel.height; ++ky)
    for (int kx = 0; kx < g.kernel.width; ++kx) {
      const int row = y * g.stride.height + ky - g.padding.height;
      const int column = x * g.stride.width + kx - g.padding.width;
      if (row < 0 || column < 0 || row >= g.in.height || column >= g.in.width) continue;
      visit(row, column, ky * g.kernel.width + kx);
    }
}

/// Calls visit(input, weight) for each multiplication of one output, with the indices of both factors.
///
/// inputs   (N, H, W, C)
/// weights  (F, kernel height, kernel width, C / groups)
template <class Visit>
void for_each_factor(const geometry& g, int image, int y, int x, int filter, Visit&& visit) {
  const int channels = g.in.channels / g.groups;
  const int first = filter / (g.out.channels / g.groups) * channels;
  for_each_tap(g, y, x, [&](int row, int column, int tap) {
    const std::size_t input = index(((image * g.in.height + row) * g.in.width + column) * g.in.channels + first);
    const std::size_t weight = index((filter * g.kernel.height * g.kernel.width + tap) * channels);
    for (std::size_t c = 0; c < index(channels); ++c) visit(input + c, weight + c);
  });
}

/// Calls visit(output, input, weight) for each multiplication of a layer, with the indices. outputs (N, H', W', F)
template <class Visit>
void for_each_product(const geometry& g, int images, Visit&& visit) {
  std::size_t output = 0;
  for (int n = 0; n < images; ++n)
    for (int y = 0; y < g.out.height; ++y)
      for (int x = 0; x < g.out.width; ++x)
        for (int f = 0; f < g.out.channels; ++f, ++output)
          for_each_factor(g, n, y, x, f, [&](std::size_t input, std::size_t weight) { visit(output, input, weight); });
}

/// Returns the sums of products of a layer. Factors are converted to Sum, then multiplied and added one after another.
template <class Sum, class In, class Weight>
std::vector<Sum> convolve(const geometry& g, int images, const std::vector<In>& in,
                          const std::vector<Weight>& weights) {
  std::vector<Sum> sums(index(images * g.out.size()));
  for_each_product(g, images, [&](std::size_t output, std::size_t input, std::size_t weight) {
    sums[output] += static_cast<Sum>(in[input]) * static_cast<Sum>(weights[weight]);
  });
  return sums;
}

/// Sums in double precision, and the sums of their terms' magnitudes, which bound the error of a float sum.
struct exact_sums {
  std::vector<double> exact;
  std::vector<double> magnitude;

  explicit exact_sums(std::size_t size) : exact(size), magnitude(size) {}

  template <class A, class B>
  void add(std::size_t at, A a, B b) {
    const double term = static_cast<double>(a) * static_cast<double>(b);
    exact[at] += term;
    magnitude[at] += std::abs(term);
  }
};

/// Returns the sums of a layer, computed from inputs and weights.
template <class In, class Weight>
exact_sums exact_outputs(const geometry& g, int images, const std::vector<In>& in, const std::vector<Weight>& weights) {
  exact_sums sums(index(images * g.out.size()));
  for_each_product(g, images, [&](std::size_t output, std::size_t input, std::size_t weight) {
    sums.add(output, in[input], weights[weight]);
  });
  return sums;
}

/// Returns the gradient of the inputs, computed from the gradients of the outputs and the weights.
template <class Gradient, class Weight>
exact_sums exact_input_gradient(const geometry& g, int images, const std::vector<Gradient>& grad_out,
                                const std::vector<Weight>& weights) {
  exact_sums sums(index(images * g.in.size()));
  for_each_product(g, images, [&](std::size_t output, std::size_t input, std::size_t weight) {
    sums.add(input, grad_out[output], weights[weight]);
  });
  return sums;
}

/// Returns the gradient of the weights, computed from the gradients of the outputs and the inputs.
template <class Gradient, class In>
exact_sums exact_weight_gradient(const geometry& g, int images, const std::vector<Gradient>& grad_out,
                                 const std::vector<In>& in) {
  exact_sums sums(index(g.weights()));
  for_each_product(g, images, [&](std::size_t output, std::size_t input, std::size_t weight) {
    sums.add(weight, grad_out[output], in[input]);
  });
  return sums;
}

}  // namespace minnow::test
