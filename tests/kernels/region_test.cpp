#include <minnow/kernels/region.hpp>

#include <algorithm>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <minnow/kernels/layout/layout.hpp>

#include "reference_convolution.hpp"

namespace {

using minnow::geometry;
using minnow::kernels::detail::cursor;
using minnow::kernels::detail::for_each_region;
using minnow::kernels::detail::for_each_tile;
using minnow::kernels::detail::region;

std::vector<region> regions_of(const geometry& g, int first_row, int last_row) {
  std::vector<region> result;
  for_each_region(g, first_row, last_row, minnow::kernels::channel_words(g.in.channels),
                  [&](const region& r) { result.push_back(r); });
  return result;
}

}  // namespace

TEST_SUITE("kernels/region") {
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
          std::vector<cursor> pixels;
          for_each_tile<6>(r, [&]<int Size>(std::integral_constant<int, Size>, const cursor(&tile)[Size]) {
            pixels.insert(pixels.end(), tile, tile + Size);
          });
          CHECK_EQ(static_cast<int>(pixels.size()), r.pixels());
          for (const cursor& at : pixels) {
            ++seen[static_cast<std::size_t>((at.y - first) * g.out.width + at.x)];
            int valid = 0;
            minnow::test::for_each_tap(g, at.y, at.x, [&](int y, int x, int tap) {
              if (valid++ > 0) return;
              CHECK_EQ(at.input, (y * g.in.width + x) * r.pixel_steps);
              CHECK_EQ(r.weight_step(), tap * r.pixel_steps);
            });
            CHECK_EQ(r.valid_inputs(), valid * g.in.channels);
          }
        }
        for (const int times : seen) CHECK_EQ(times, 1);
      }
    }
  }

  TEST_CASE("pixels that share a pool's window: the upper left is first, the lower right last") {
    const geometry g = minnow::window_over({9, 8, 3}, 1, {3, 5}, {1, 1}, {1, 2});
    int order = 0;
    std::vector<int> when(static_cast<std::size_t>(g.out.pixels()));
    for (const region& r : regions_of(g, 0, g.out.height))
      for_each_tile<4>(r, [&]<int Size>(std::integral_constant<int, Size>, const cursor(&tile)[Size]) {
        for (const cursor& at : tile) when[static_cast<std::size_t>(at.y * g.out.width + at.x)] = order++;
      });
    const auto at = [&](int y, int x) { return when[static_cast<std::size_t>(y * g.out.width + x)]; };
    for (int y = 0; y + 1 < g.out.height; ++y)
      for (int x = 0; x + 1 < g.out.width; ++x) {
        CHECK(at(y, x) < std::min(at(y, x + 1), at(y + 1, x)));
        CHECK(at(y + 1, x + 1) > std::max(at(y, x + 1), at(y + 1, x)));
      }
  }

  TEST_CASE("sums are taken over the taps inside the image") {
    const geometry g = minnow::window_over({4, 4, 1}, 16, {3, 3}, {1, 1}, {1, 1});
    std::vector<std::int32_t> table(9 * 16);
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = 1 << (i / 16);
    std::int32_t sums[16];
    const auto regions = regions_of(g, 0, 4);
    minnow::kernels::detail::add_taps(regions[0], table.data(), 16, 0, 16, sums);
    CHECK_EQ(sums[3], 16 + 32 + 128 + 256);
    minnow::kernels::detail::add_taps(regions[4], table.data(), 16, 0, 16, sums);
    CHECK_EQ(sums[15], 511);
  }
}
