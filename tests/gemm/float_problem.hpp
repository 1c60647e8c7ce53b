#pragma once

// A float layer with random data for tests of the kernels, and the sums of its products (forward and both gradients) in
// double precision.

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>

#include "reference_convolution.hpp"

namespace minnow::test {

using floats = std::vector<float>;

struct problem {
  geometry g;
  int images;
  floats in, grad_out, weights;

  /// Fills the data with integers in [-3, 3] if `whole`, otherwise with numbers in [-1, 1).
  problem(const geometry& shape, int count, bool whole, minnow::random random) : g(shape), images(count) {
    const auto fill = [&](floats& to, int size) {
      to.resize(static_cast<std::size_t>(size));
      for (float& x : to) x = whole ? static_cast<float>(random.below(7) - 3) : random.uniform(-1, 1);
    };
    fill(in, images * g.in.size());
    fill(grad_out, images * g.out.size());
    fill(weights, g.weights());
  }

  [[nodiscard]] std::string name() const {
    std::ostringstream what;
    what << g.in.height << 'x' << g.in.width << 'x' << g.in.channels << " -> " << g.out.channels << ", kernel "
         << g.kernel.height << 'x' << g.kernel.width << ", stride " << g.stride.height << 'x' << g.stride.width
         << ", padding " << g.padding.height << 'x' << g.padding.width << ", images " << images;
    return what.str();
  }
};

/// Returns how many of `values` differ from the exact sum by more than one rounding per term, relative to the sum of
/// the terms' magnitudes.
[[nodiscard]] inline int misses(const exact_sums& sums, const floats& values, int terms) {
  int result = values.size() == sums.exact.size() ? 0 : -1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double bound = terms * static_cast<double>(std::numeric_limits<float>::epsilon()) * sums.magnitude[i];
    if (!(std::fabs(values[i] - sums.exact[i]) <= bound)) ++result;
  }
  return result;
}

/// The exact sums of the forward product and of both gradients.
struct exact_products {
  exact_sums out, grad_in, grad_weights;

  explicit exact_products(const problem& p)
      : out(exact_outputs(p.g, p.images, p.in, p.weights)),
        grad_in(exact_input_gradient(p.g, p.images, p.grad_out, p.weights)),
        grad_weights(exact_weight_gradient(p.g, p.images, p.grad_out, p.in)) {}
};

/// Calls visit(geometry, images, random) for `count` random shapes.
template <class Visit>
void for_random_shapes(int count, minnow::random random, Visit&& visit) {
  constexpr extent kernel_sizes[] = {{1, 1}, {3, 3}, {5, 3}, {1, 7}};
  constexpr int channel_counts[] = {1, 3, 10, 16, 31, 33, 64};
  for (int i = 0; i < count;) {
    const extent kernel = kernel_sizes[random.below(4)];
    const extent stride{1 + random.below(3), 1 + random.below(3)}, padding{random.below(4), random.below(4)};
    const extent end_padding = random.below(2) == 0 ? padding : extent{random.below(4), random.below(4)};
    const shape in{1 + random.below(9), 1 + random.below(9), channel_counts[random.below(7)]};
    const geometry g = window_over(in, channel_counts[random.below(7)], kernel, stride, padding, end_padding);
    if (g.out.height < 1 || g.out.width < 1) continue;
    visit(g, 1 + random.below(5), random.stream(static_cast<std::uint64_t>(i++)));
  }
}

}  // namespace minnow::test
