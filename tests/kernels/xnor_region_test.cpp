#include <minnow/kernels/xnor_region.hpp>

#include <vector>

#include <doctest/doctest.h>

namespace {

using minnow::geometry;
using minnow::kernels::detail::for_each_region;
using minnow::kernels::detail::region;

std::vector<region> regions_of(const geometry& g, int first_row, int last_row) {
  std::vector<region> result;
  for_each_region(g, first_row, last_row, [&](const region& r) { result.push_back(r); });
  return result;
}

}  // namespace

TEST_SUITE("kernels/xnor_region") {
  TEST_CASE("a padded 3x3 convolution has an inside, four edges and four corners") {
    const auto regions = regions_of(minnow::window_over({8, 10, 64}, 16, {3, 3}, {1, 1}, {1, 1}), 0, 8);
    REQUIRE_EQ(regions.size(), 9u);
    CHECK_EQ(regions[0].valid_inputs(), 4 * 64);
    CHECK_EQ(regions[1].valid_inputs(), 6 * 64);
    CHECK_EQ(regions[4].valid_inputs(), 9 * 64);
    CHECK_EQ(regions[4].pixels(), 6 * 8);
    CHECK_EQ(regions[4].segment_steps(), 3 * 2);
  }

  TEST_CASE("a valid convolution and a dense layer are one region") {
    CHECK_EQ(regions_of(minnow::window_over({8, 10, 64}, 16, {3, 3}, {1, 1}, {0, 0}), 0, 6).size(), 1u);
    CHECK_EQ(regions_of(minnow::dense_over({2, 2, 9}, 16), 0, 1).size(), 1u);
  }

  TEST_CASE("every pixel belongs to one region, and the region's taps are those inside the image") {
    const geometry shapes[] = {
        minnow::window_over({6, 7, 5}, 1, {3, 3}, {1, 1}, {1, 1}),
        minnow::window_over({6, 7, 5}, 1, {4, 5}, {3, 2}, {2, 4}),
        minnow::window_over({2, 2, 40}, 1, {5, 5}, {1, 1}, {3, 3}),
        minnow::window_over({1, 9, 5}, 1, {1, 3}, {1, 2}, {0, 2}),
        minnow::window_over({3, 3, 1}, 1, {2, 2}, {1, 1}, {5, 5}),
    };
    for (const geometry& g : shapes) {
      for (int first = 0; first < g.out.height; ++first) {
        std::vector<int> seen(static_cast<std::size_t>((g.out.height - first) * g.out.width));
        for (const region& r : regions_of(g, first, g.out.height)) {
          for (int i = 0; i < r.pixels(); ++i) {
            const auto pixel = r.output_pixel(i, first);
            ++seen[static_cast<std::size_t>(pixel)];
            const int oy = first + static_cast<int>(pixel) / g.out.width;
            const int ox = static_cast<int>(pixel) % g.out.width;
            int valid = 0;
            for (int ky = 0; ky < g.kernel.height; ++ky) {
              for (int kx = 0; kx < g.kernel.width; ++kx) {
                const int y = oy * g.stride.height + ky - g.padding.height;
                const int x = ox * g.stride.width + kx - g.padding.width;
                if (y < 0 || y >= g.in.height || x < 0 || x >= g.in.width) continue;
                if (valid++ == 0) {
                  CHECK_EQ(r.input_step(i), (y * g.in.width + x) * r.words);
                  CHECK_EQ(r.weight_step(), (ky * g.kernel.width + kx) * r.words);
                }
              }
            }
            CHECK_EQ(r.valid_inputs(), valid * g.in.channels);
          }
        }
        for (const int times : seen) CHECK_EQ(times, 1);
      }
    }
  }
}
