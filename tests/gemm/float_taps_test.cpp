#include "minnow/gemm/float_taps.hpp"

#include <doctest/doctest.h>

#include <set>
#include <tuple>
#include <vector>

namespace {

using minnow::kernels::backward_taps;
using minnow::kernels::forward_taps;
using minnow::kernels::gather_window;
using minnow::kernels::tap_map;

}  // namespace

TEST_SUITE("gemm/float_taps") {
  TEST_CASE("without dilation pixels come in the order of memory") {
    const tap_map map = forward_taps(minnow::window_over({6, 5, 2}, 3, {3, 3}, {2, 1}, {1, 1}));
    for (int row = 0; row < 4 * map.to.pixels(); ++row)
      CHECK(map.target(map.pixel_at(row, 4)) == static_cast<std::size_t>(row) * 3);
  }

  TEST_CASE("with dilation every pixel comes once, sorted by remainder") {
    for (const minnow::extent stride : {minnow::extent{2, 2}, {3, 1}, {1, 3}, {5, 7}}) {
      const tap_map map = backward_taps(minnow::window_over({4, 5, 2}, 3, {1, 1}, stride, {0, 0}));
      std::set<std::size_t> targets;
      std::tuple<int, int> last{0, 0};
      for (int row = 0; row < 3 * map.to.pixels(); ++row) {
        const tap_map::pixel at = map.pixel_at(row, 3);
        const std::tuple<int, int> remainder{at.y % stride.height, at.x % stride.width};
        CHECK(remainder >= last);
        last = remainder;
        CHECK((at.image < 3 && at.y < 4 && at.x < 5));
        targets.insert(map.target(at));
      }
      CHECK(targets.size() == 3 * 4 * 5);
    }
  }

  TEST_CASE("forward and backward agree on which pixels meet at a tap") {
    for (const minnow::extent stride : {minnow::extent{1, 1}, {2, 1}, {1, 2}, {3, 3}}) {
      for (const minnow::extent padding : {minnow::extent{0, 0}, {1, 2}, {3, 3}}) {
        const minnow::geometry g = minnow::window_over({7, 6, 1}, 1, {3, 2}, stride, padding);
        const tap_map forward = forward_taps(g), backward = backward_taps(g);
        const std::vector<float> in(static_cast<std::size_t>(g.in.size())), out(static_cast<std::size_t>(g.out.size()));
        std::set<std::tuple<int, long, long>> met, met_back;
        for (int ky = 0; ky < 3; ++ky) {
          for (int kx = 0; kx < 2; ++kx) {
            for (int o = 0; o < g.out.pixels(); ++o) {
              const float* p = forward.source(in.data(), forward.pixel_at(o, 1), ky, kx);
              if (p) met.emplace(ky * 2 + kx, p - in.data(), o);
            }
            for (int i = 0; i < g.in.pixels(); ++i) {
              const tap_map::pixel at = backward.pixel_at(i, 1);
              const float* p = backward.source(out.data(), at, 2 - ky, 1 - kx);
              if (p) met_back.emplace(ky * 2 + kx, static_cast<long>(backward.target(at)), p - out.data());
            }
          }
        }
        CHECK(!met.empty());
        CHECK(met == met_back);
      }
    }
  }

  TEST_CASE("a gathered window holds its taps in order and zeros outside the image") {
    const minnow::geometry g = minnow::window_over({4, 3, 2}, 1, {3, 5}, {1, 2}, {3, 3});
    const tap_map map = forward_taps(g);
    std::vector<float> in(static_cast<std::size_t>(2 * g.in.size()));
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i + 1);
    for (int row = 0; row < 2 * g.out.pixels(); ++row) {
      std::vector<float> window(static_cast<std::size_t>(g.inputs()), -1.f), expected;
      gather_window(map, in.data(), map.pixel_at(row, 2), window.data());
      for (int ky = 0; ky < 3; ++ky) {
        for (int kx = 0; kx < 5; ++kx) {
          const float* source = map.source(in.data(), map.pixel_at(row, 2), ky, kx);
          for (int c = 0; c < 2; ++c) expected.push_back(source ? source[c] : 0.f);
        }
      }
      CHECK(window == expected);
    }
  }
}
