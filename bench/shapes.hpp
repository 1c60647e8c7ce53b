#pragma once

// The products that are measured.

#include <algorithm>
#include <string>
#include <vector>

#include <minnow/core/shape.hpp>

namespace bench {

/// A product, and what figures call it: its K.
struct named_shape {
  std::string name;
  minnow::geometry g;
};

/// M x K x N of 1024x1152x128, 256x2304x256 and 64x4608x512, as 3x3 convolutions that keep their map's size.
[[nodiscard]] inline std::vector<named_shape> convolutions() {
  std::vector<named_shape> result;
  for (const int channels : {128, 256, 512}) {
    const int side = 4096 / channels;
    result.push_back({std::to_string(9 * channels), minnow::window_over({side, side, channels}, channels, {3, 3}, {1, 1}, {1, 1})});
  }
  return result;
}

/// The first layer of a network for 32x32 colour images.
[[nodiscard]] inline named_shape first_layer() {
  return {"27", minnow::window_over({32, 32, 3}, 128, {3, 3}, {1, 1}, {1, 1})};
}

/// 1 x 4096 x 4096: every weight is used once, and memory decides.
[[nodiscard]] inline named_shape one_row() { return {"4096", minnow::dense_over({1, 1, 4096}, 4096)}; }

/// Multiply-accumulates that are done: taps outside the image are not.
[[nodiscard]] inline double macs_inside(const minnow::geometry& g) {
  const auto taps = [](int length, int positions, int kernel, int stride, int padding) {
    double total = 0;
    for (int position = 0; position < positions; ++position) {
      const int origin = position * stride - padding;
      total += std::min(kernel, length - origin) - std::max(0, -origin);
    }
    return total;
  };
  return taps(g.in.height, g.out.height, g.kernel.height, g.stride.height, g.padding.height) *
         taps(g.in.width, g.out.width, g.kernel.width, g.stride.width, g.padding.width) * g.in.channels * g.out.channels;
}

}  // namespace bench
