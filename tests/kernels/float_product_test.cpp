#include "minnow/kernels/float_product.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "minnow/core/random.hpp"

namespace {

namespace kernels = minnow::kernels;
using floats = std::vector<float>;

struct problem {
  minnow::geometry g;
  int images;
  floats in, grad_out, weights;

  /// Whole numbers in [-3, 3], or any in [-1, 1).
  problem(const minnow::geometry& shape, int count, bool whole, minnow::random random) : g(shape), images(count) {
    const auto fill = [&](floats& to, int size) {
      to.resize(static_cast<std::size_t>(size));
      for (float& x : to) x = whole ? static_cast<float>(random.below(7) - 3) : random.uniform(-1, 1);
    };
    fill(in, images * g.in.size());
    fill(grad_out, images * g.out.size());
    fill(weights, g.weights());
  }

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

struct sums {
  std::vector<double> exact, magnitude;

  explicit sums(std::size_t size) : exact(size, 0.), magnitude(size, 0.) {}

  void add(std::size_t at, float a, float b) {
    exact[at] += static_cast<double>(a) * b;
    magnitude[at] += std::fabs(static_cast<double>(a) * b);
  }

  /// How many of `values` are further from the sum of `terms` products than rounding each step explains.
  [[nodiscard]] int misses(const floats& values, int terms) const {
    int result = values.size() == exact.size() ? 0 : -1;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double bound = terms * static_cast<double>(std::numeric_limits<float>::epsilon()) * magnitude[i];
      if (!(std::fabs(values[i] - exact[i]) <= bound)) ++result;
    }
    return result;
  }
};

template <class Arch>
floats forward(const problem& p) {
  floats panels(kernels::forward_panel_floats<Arch>(p.g)), out(p.grad_out.size(), NAN);
  kernels::pack_forward<Arch>(p.g, p.weights.data(), panels.data());
  kernels::product_forward<Arch>(p.g, p.images, p.in.data(), panels.data(), out.data());
  return out;
}

template <class Arch>
floats backward(const problem& p) {
  floats panels(kernels::backward_panel_floats<Arch>(p.g)), grad_in(p.in.size(), NAN);
  kernels::pack_backward<Arch>(p.g, p.weights.data(), panels.data());
  kernels::product_backward_inputs<Arch>(p.g, p.images, p.grad_out.data(), panels.data(), grad_in.data());
  return grad_in;
}

template <class Arch>
void check(const minnow::geometry& g, int images, minnow::random random) {
  std::ostringstream what;
  what << g.in.height << 'x' << g.in.width << 'x' << g.in.channels << " -> " << g.out.channels << ", kernel "
       << g.kernel.height << 'x' << g.kernel.width << ", stride " << g.stride.height << 'x' << g.stride.width
       << ", padding " << g.padding.height << 'x' << g.padding.width << ", images " << images;
  INFO(what.str());
  for (const bool whole : {false, true}) {
    const problem p{g, images, whole, random};
    sums out(p.grad_out.size()), grad_in(p.in.size());
    p.for_each_product([&](std::size_t o, std::size_t i, std::size_t w) {
      out.add(o, p.in[i], p.weights[w]);
      grad_in.add(i, p.grad_out[o], p.weights[w]);
    });
    minnow::set_threads(1);
    const floats ahead = forward<Arch>(p), back = backward<Arch>(p);
    CHECK(out.misses(ahead, whole ? 0 : g.inputs()) == 0);
    CHECK(grad_in.misses(back, whole ? 0 : g.kernel.height * g.kernel.width * g.out.channels) == 0);
    if (whole) continue;
    for (const int team : {2, 3}) {
      minnow::set_threads(team);
      CHECK(forward<Arch>(p) == ahead);
      CHECK(backward<Arch>(p) == back);
    }
    minnow::set_threads(0);
  }
}

template <class Arch>
void check_random_shapes(int count) {
  minnow::random random{minnow::seed{11}};
  constexpr minnow::extent kernel_sizes[] = {{1, 1}, {3, 3}, {5, 3}, {1, 7}};
  constexpr int channel_counts[] = {1, 3, 10, 16, 31, 33, 64};
  for (int i = 0; i < count;) {
    const minnow::extent kernel = kernel_sizes[random.below(4)];
    const minnow::extent stride{1 + random.below(3), 1 + random.below(3)}, padding{random.below(4), random.below(4)};
    const minnow::shape in{1 + random.below(9), 1 + random.below(9), channel_counts[random.below(7)]};
    const minnow::geometry g = minnow::window_over(in, channel_counts[random.below(7)], kernel, stride, padding);
    if (g.out.height < 1 || g.out.width < 1) continue;
    check<Arch>(g, 1 + random.below(5), random.stream(static_cast<std::uint64_t>(i++)));
  }
}

}  // namespace

TEST_SUITE("kernels/float_product") {
  TEST_CASE("both products equal double precision, whole numbers exactly, with any number of threads") {
    check_random_shapes<kernels::best>(80);
  }

  TEST_CASE("so they do where xsimd has no vectors") { check_random_shapes<kernels::scalar>(20); }

  TEST_CASE("every pair of channel counts") {
    for (const int channels : {1, 3, 10, 16, 31, 33, 64}) {
      for (const int filters : {1, 3, 10, 16, 31, 33, 64}) {
        check<kernels::best>(minnow::window_over({4, 3, channels}, filters, {3, 3}, {1, 1}, {1, 1}), 2,
                             minnow::random{});
      }
    }
  }

  TEST_CASE("a dense layer is a window of one tap") {
    for (const int inputs : {1, 7, 784, 1000}) {
      for (const int units : {1, 10, 100}) {
        check<kernels::best>(minnow::dense_over({1, 1, inputs}, units), 13, minnow::random{});
      }
    }
  }

  TEST_CASE("panels in several groups") {
    check<kernels::best>(minnow::dense_over({1, 1, 5000}, 200), 3, minnow::random{});
    check<kernels::best>(minnow::dense_over({1, 1, 200}, 5000), 3, minnow::random{});
  }

  TEST_CASE("pixels that no window covers have no gradient") {
    const minnow::geometry g = minnow::window_over({6, 6, 4}, 5, {2, 2}, {3, 3}, {0, 0});
    const problem p{g, 2, false, minnow::random{}};
    const floats grad_in = backward<kernels::best>(p);
    for (int i = 0; i < 2 * g.in.pixels(); ++i) {
      const bool covered = i / 6 % 6 % 3 < 2 && i % 6 % 3 < 2;
      for (int c = 0; c < 4; ++c) CHECK((grad_in[static_cast<std::size_t>(i * 4 + c)] != 0) == covered);
    }
  }

  TEST_CASE("no images, no reads and no writes") {
    const minnow::geometry g = minnow::window_over({6, 6, 4}, 5, {3, 3}, {1, 1}, {1, 1});
    kernels::product_forward(g, 0, nullptr, nullptr, nullptr);
    kernels::product_backward_inputs(g, 0, nullptr, nullptr, nullptr);
  }
}
