#pragma once

// The shapes of the measured products.

#include <string>
#include <utility>
#include <vector>

#include <minnow/core/shape.hpp>

namespace bench {

/// A product and its name in the printed figures. The name is the number of inputs per output, or the sizes of the
/// layer.
struct named_shape {
  std::string name;
  minnow::geometry g;
};

/// Returns 3x3 convolutions that keep their map's size. As matrix products they have the sizes (M x K x N)
/// 1024x1152x128, 256x2304x256 and 64x4608x512.
[[nodiscard]] inline std::vector<named_shape> convolutions() {
  std::vector<named_shape> result;
  for (const int channels : {128, 256, 512}) {
    const int side = 4096 / channels;
    result.push_back(
        {std::to_string(9 * channels), minnow::window_over({side, side, channels}, channels, {3, 3}, {1, 1}, {1, 1})});
  }
  return result;
}

/// Returns the products of Models A and D in training, for several images at once: the 3x3 convolutions after the first
/// one, and the dense layers, where each image is one pixel of a single map. The two networks differ only in their
/// numbers of filters and units.
[[nodiscard]] inline std::vector<named_shape> float_products() {
  std::vector<named_shape> result;
  const auto conv = [&](int side, int channels, int filters) {
    result.push_back({"conv_" + std::to_string(side) + "x" + std::to_string(side) + "x" + std::to_string(channels) +
                          "_" + std::to_string(filters),
                      minnow::window_over({side, side, channels}, filters, {3, 3}, {1, 1}, {1, 1})});
  };
  const auto dense = [&](int rows, int inputs, int units) {
    result.push_back({"dense_" + std::to_string(inputs) + "_" + std::to_string(units),
                      minnow::window_over({rows, 1, inputs}, units, {1, 1}, {1, 1}, {0, 0})});
  };
  for (const int filters : {64, 128}) {
    conv(32, filters, filters);
    conv(16, filters, 2 * filters);
    conv(16, 2 * filters, 2 * filters);
    conv(8, 2 * filters, 4 * filters);
    conv(8, 4 * filters, 4 * filters);
  }
  dense(128, 4096, 128);
  dense(128, 128, 512);
  dense(64, 8192, 512);
  dense(64, 512, 2048);
  return result;
}

/// Returns the first layer of a network for 32x32 color images.
[[nodiscard]] inline named_shape first_layer() {
  return {"27", minnow::window_over({32, 32, 3}, 128, {3, 3}, {1, 1}, {1, 1})};
}

/// Returns the product of size (M x K x N) 1 x 4096 x 4096. It uses every weight once, so memory bandwidth limits its
/// speed.
[[nodiscard]] inline named_shape one_row() { return {"4096", minnow::dense_over({1, 1, 4096}, 4096)}; }

/// Returns matrix products of one row, or of `rows` rows, as in language models: (K x N) 2048 x 2048, 4096 x 4096 and
/// 2560 x 6912.
[[nodiscard]] inline std::vector<named_shape> large_layers(int rows = 1) {
  std::vector<named_shape> result;
  for (const auto& [inputs, filters] : {std::pair{2048, 2048}, std::pair{4096, 4096}, std::pair{2560, 6912}})
    result.push_back({std::to_string(inputs) + "x" + std::to_string(filters),
                      minnow::window_over({rows, 1, inputs}, filters, {1, 1}, {1, 1}, {0, 0})});
  return result;
}

/// Returns an early and a late 3x3 depthwise convolution of MobileNet.
[[nodiscard]] inline std::vector<named_shape> depthwise_convolutions() {
  return {{"56x56x128", minnow::window_over({56, 56, 128}, 128, {3, 3}, {1, 1}, {1, 1}, 128)},
          {"14x14x512", minnow::window_over({14, 14, 512}, 512, {3, 3}, {1, 1}, {1, 1}, 512)}};
}

/// Counts the multiply-accumulates that are executed. Multiplications by padding are not executed.
[[nodiscard]] inline double macs_inside(const minnow::geometry& g) {
  const auto taps = [](const minnow::axis& along, int positions) {
    double total = 0;
    for (int position = 0; position < positions; ++position) total += along.taps(position).size();
    return total;
  };
  return taps(g.y_axis(), g.out.height) * taps(g.x_axis(), g.out.width) * g.group_channels() * g.out.channels;
}

}  // namespace bench
