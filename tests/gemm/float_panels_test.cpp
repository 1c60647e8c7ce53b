#include "minnow/gemm/float_panels.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

namespace kernels = minnow::kernels;

std::vector<float> numbered(int count) {
  std::vector<float> result(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) result[static_cast<std::size_t>(i)] = static_cast<float>(i + 1);
  return result;
}

}  // namespace

TEST_SUITE("gemm/float_panels") {
  TEST_CASE("forward panels hold (panel, input, filter), zeros beyond the filters") {
    constexpr int columns = kernels::float_tile<kernels::best>::columns;
    for (const int filters : {1, columns - 1, columns, 2 * columns + 3}) {
      for (const int channels : {1, 5, 33}) {
        const minnow::geometry g = minnow::window_over({5, 5, channels}, filters, {2, 3}, {1, 1}, {0, 0});
        const std::vector<float> weights = numbered(g.weights());
        std::vector<float> panels(kernels::forward_panel_floats(g), -1.f);
        kernels::pack_forward(g, weights.data(), panels.data());
        std::size_t at = 0;
        for (int panel = 0; panel < minnow::ceil_div(filters, columns); ++panel) {
          for (int k = 0; k < g.inputs(); ++k) {
            for (int f = panel * columns; f < (panel + 1) * columns; ++f) {
              REQUIRE(panels[at++] == (f < filters ? static_cast<float>(f * g.inputs() + k + 1) : 0.f));
            }
          }
        }
        CHECK(at == panels.size());
      }
    }
  }

  TEST_CASE("backward panels hold (panel, tap from the last, filter, channel), zeros beyond the channels") {
    constexpr int columns = kernels::float_tile<kernels::best>::columns;
    for (const int channels : {1, columns - 1, columns, 5 * columns + 3}) {
      const minnow::geometry g = minnow::window_over({5, 5, channels}, 7, {2, 3}, {1, 1}, {0, 0});
      const std::vector<float> weights = numbered(g.weights());
      std::vector<float> panels(kernels::backward_panel_floats(g), -1.f);
      kernels::pack_backward(g, weights.data(), panels.data());
      std::size_t at = 0;
      for (int panel = 0; panel < minnow::ceil_div(channels, columns); ++panel) {
        for (int tap = 5; tap >= 0; --tap) {
          for (int f = 0; f < 7; ++f) {
            for (int c = panel * columns; c < (panel + 1) * columns; ++c) {
              REQUIRE(panels[at++] == (c < channels ? static_cast<float>((f * 6 + tap) * channels + c + 1) : 0.f));
            }
          }
        }
      }
      CHECK(at == panels.size());
    }
  }
}
