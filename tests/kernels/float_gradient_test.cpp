#include "minnow/kernels/float_gradient.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <vector>

#include "minnow/core/random.hpp"

namespace {

namespace kernels = minnow::kernels;
using floats = std::vector<float>;

/// Whole numbers in [-3, 3], or any in [-1, 1).
floats draw(int size, bool whole, minnow::random random) {
  floats result(static_cast<std::size_t>(size));
  for (float& x : result) x = whole ? static_cast<float>(random.below(7) - 3) : random.uniform(-1, 1);
  return result;
}

/// How many of `values` are further from the sums in double precision than rounding each step explains (whole: at all).
int misses(const minnow::geometry& g, int images, const floats& in, const floats& grad_out, const floats& values,
           bool whole) {
  int result = 0;
  std::size_t at = 0;
  for (int f = 0; f < g.out.channels; ++f) {
    for (int ky = 0; ky < g.kernel.height; ++ky) {
      for (int kx = 0; kx < g.kernel.width; ++kx) {
        for (int c = 0; c < g.in.channels; ++c, ++at) {
          double sum = 0, magnitude = 0;
          for (int o = 0; o < images * g.out.pixels(); ++o) {
            const int n = o / g.out.pixels(), oy = o / g.out.width % g.out.height, ox = o % g.out.width;
            const int y = oy * g.stride.height + ky - g.padding.height, x = ox * g.stride.width + kx - g.padding.width;
            if (y < 0 || x < 0 || y >= g.in.height || x >= g.in.width) continue;
            const int i = ((n * g.in.height + y) * g.in.width + x) * g.in.channels + c;
            const double product = static_cast<double>(in[static_cast<std::size_t>(i)]) *
                                   grad_out[static_cast<std::size_t>(o * g.out.channels + f)];
            sum += product;
            magnitude += std::fabs(product);
          }
          const double steps = whole ? 0 : images * g.out.pixels();
          const double bound = steps * static_cast<double>(std::numeric_limits<float>::epsilon()) * magnitude;
          if (!(std::fabs(values[at] - sum) <= bound)) ++result;
        }
      }
    }
  }
  return result;
}

template <class Arch>
void check(const minnow::geometry& g, int images, minnow::random random) {
  std::ostringstream what;
  what << g.in.height << 'x' << g.in.width << 'x' << g.in.channels << " -> " << g.out.channels << ", kernel "
       << g.kernel.height << 'x' << g.kernel.width << ", stride " << g.stride.height << 'x' << g.stride.width
       << ", padding " << g.padding.height << 'x' << g.padding.width << ", images " << images;
  INFO(what.str());
  for (const bool whole : {false, true}) {
    const floats in = draw(images * g.in.size(), whole, random.stream(0));
    const floats grad_out = draw(images * g.out.size(), whole, random.stream(1));
    const auto run = [&](int team) {
      floats grad_weights(static_cast<std::size_t>(g.weights()), NAN);
      minnow::set_threads(team);
      kernels::product_backward_weights<Arch>(g, images, in.data(), grad_out.data(), grad_weights.data());
      minnow::set_threads(0);
      return grad_weights;
    };
    const floats serial = run(1);
    CHECK(misses(g, images, in, grad_out, serial, whole) == 0);
    if (whole) continue;
    CHECK(run(2) == serial);
    CHECK(run(3) == serial);
  }
}

template <class Arch>
void check_random_shapes(int count) {
  minnow::random random{minnow::seed{12}};
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

TEST_SUITE("kernels/float_gradient") {
  TEST_CASE("gradients equal double precision, whole numbers exactly, with any number of threads") {
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

  TEST_CASE("numbers of pixels around a block and a pass") {
    for (const int rows : {255, 256, 257, 1023, 1024, 1025, 2500}) {
      for (const int inputs : {2, 19, 150})
        check<kernels::best>(minnow::dense_over({1, 1, inputs}, 35), rows, minnow::random{});
    }
    check<kernels::best>(minnow::window_over({20, 21, 3}, 10, {3, 3}, {1, 1}, {1, 1}), 5, minnow::random{});
    check<kernels::best>(minnow::window_over({20, 21, 12}, 10, {3, 3}, {1, 1}, {1, 1}), 5, minnow::random{});
  }

  TEST_CASE("no images give zeros") {
    const minnow::geometry g = minnow::window_over({6, 6, 20}, 5, {3, 3}, {1, 1}, {1, 1});
    floats grad_weights(static_cast<std::size_t>(g.weights()), NAN);
    kernels::product_backward_weights(g, 0, nullptr, nullptr, grad_weights.data());
    CHECK(grad_weights == floats(grad_weights.size(), 0.f));
  }
}
