#pragma once

// A float layer with random data for tests of the kernels, and the sums of its three products in double precision.

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>

namespace minnow::test {

using floats = std::vector<float>;

struct problem {
  geometry g;
  int images;
  floats in, grad_out, weights;

  /// Fills the data with whole numbers in [-3, 3] if `whole`, else with numbers in [-1, 1).
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

  /// Calls visit(output, input, weight) for each multiplication of the forward product.
  template <class Visit>
  void for_each_product(Visit visit) const {
    std::size_t o = 0;
    for (int n = 0; n < images; ++n) {
      for (int oy = 0; oy < g.out.height; ++oy) {
        for (int ox = 0; ox < g.out.width; ++ox) {
          for (int f = 0; f < g.out.channels; ++f, ++o) {
            for (int ky = 0; ky < g.kernel.height; ++ky) {
              for (int kx = 0; kx < g.kernel.width; ++kx) {
                const int y = oy * g.stride.height + ky - g.padding.height,
                          x = ox * g.stride.width + kx - g.padding.width;
                if (y < 0 || x < 0 || y >= g.in.height || x >= g.in.width) continue;
                const int i = ((n * g.in.height + y) * g.in.width + x) * g.in.channels;
                const int w = ((f * g.kernel.height + ky) * g.kernel.width + kx) * g.in.channels;
                for (int c = 0; c < g.in.channels; ++c) {
                  visit(o, static_cast<std::size_t>(i + c), static_cast<std::size_t>(w + c));
                }
              }
            }
          }
        }
      }
    }
  }
};

/// The sum of each number's terms in double precision, and the sum of their magnitudes.
struct sums {
  std::vector<double> exact, magnitude;

  explicit sums(std::size_t size) : exact(size, 0.), magnitude(size, 0.) {}

  void add(std::size_t at, float a, float b) {
    exact[at] += static_cast<double>(a) * b;
    magnitude[at] += std::fabs(static_cast<double>(a) * b);
  }

  /// Returns how many of `values` differ from the exact sum by more than one rounding per term explains.
  [[nodiscard]] int misses(const floats& values, int terms) const {
    int result = values.size() == exact.size() ? 0 : -1;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double bound = terms * static_cast<double>(std::numeric_limits<float>::epsilon()) * magnitude[i];
      if (!(std::fabs(values[i] - exact[i]) <= bound)) ++result;
    }
    return result;
  }
};

/// The exact sums of the three products.
struct exact_products {
  sums out, grad_in, grad_weights;

  explicit exact_products(const problem& p)
      : out(p.grad_out.size()), grad_in(p.in.size()), grad_weights(p.weights.size()) {
    p.for_each_product([&](std::size_t o, std::size_t i, std::size_t w) {
      out.add(o, p.in[i], p.weights[w]);
      grad_in.add(i, p.grad_out[o], p.weights[w]);
      grad_weights.add(w, p.grad_out[o], p.in[i]);
    });
  }
};

/// Calls visit(geometry, images, random) for `count` random shapes.
template <class Visit>
void for_random_shapes(int count, minnow::random random, Visit&& visit) {
  constexpr extent kernel_sizes[] = {{1, 1}, {3, 3}, {5, 3}, {1, 7}};
  constexpr int channel_counts[] = {1, 3, 10, 16, 31, 33, 64};
  for (int i = 0; i < count;) {
    const extent kernel = kernel_sizes[random.below(4)];
    const extent stride{1 + random.below(3), 1 + random.below(3)}, padding{random.below(4), random.below(4)};
    const shape in{1 + random.below(9), 1 + random.below(9), channel_counts[random.below(7)]};
    const geometry g = window_over(in, channel_counts[random.below(7)], kernel, stride, padding);
    if (g.out.height < 1 || g.out.width < 1) continue;
    visit(g, 1 + random.below(5), random.stream(static_cast<std::uint64_t>(i++)));
  }
}

}  // namespace minnow::test
