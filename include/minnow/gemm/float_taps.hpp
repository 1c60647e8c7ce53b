#pragma once

#include <algorithm>
#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>

namespace minnow::kernels {

/// Maps the output pixels and taps (kernel positions) of a product over windows to input pixels. Output pixel (y, x)
/// and tap (ky, kx) read the input pixel
///
///   ((y * stride - padding + ky) / dilation, (x * stride - padding + kx) / dilation)
///
/// They read no input if this position is outside the map or if a division leaves a remainder.
///
/// In the forward product, dilation is 1. The gradient of the inputs has the same form. Let k be the kernel size, s the
/// stride and p the padding. At row ky of the kernel, output row oy reads input row iy = oy * s - p + ky, so oy = (iy +
/// p - ky) / s. If ky' counts the taps from the last one, so that ky = k - 1 - ky', this becomes oy = (iy - (k - 1 - p)
/// + ky') / s. So the gradient has stride 1, padding k - 1 - p and dilation s.
struct tap_map {
  shape from;
  shape to;
  extent kernel;
  extent stride;
  extent padding;
  extent dilation;

  struct pixel {
    int image, y, x;
  };

  [[nodiscard]] axis y_axis() const noexcept { return {from.height, kernel.height, stride.height, padding.height}; }
  [[nodiscard]] axis x_axis() const noexcept { return {from.width, kernel.width, stride.width, padding.width}; }
  [[nodiscard]] int taps() const noexcept { return kernel.height * kernel.width; }
  [[nodiscard]] int inputs() const noexcept { return taps() * from.channels; }

  /// Returns output pixel number `row` of a batch. With dilation, pixels are sorted by the remainders of their
  /// coordinates modulo the dilation. The taps that read no input are then the same for all pixels of a tile, and the
  /// tile skips these taps.
  [[nodiscard]] pixel pixel_at(int row, int images) const noexcept {
    int remainder_y = 0, remainder_x = 0;
    int height = phase(to.height, dilation.height, 0), width = phase(to.width, dilation.width, 0);
    while (row >= images * height * width) {
      row -= images * height * width;
      if (++remainder_x == dilation.width) remainder_x = 0, ++remainder_y;
      height = phase(to.height, dilation.height, remainder_y);
      width = phase(to.width, dilation.width, remainder_x);
    }
    const int line = row / width;
    const int image = line / height;
    return {image, (line - image * height) * dilation.height + remainder_y,
            (row - line * width) * dilation.width + remainder_x};
  }

  /// Returns the offset of output pixel `at`, in floats.
  [[nodiscard]] std::size_t target(pixel at) const noexcept {
    return ((index(at.image) * index(to.height) + index(at.y)) * index(to.width) + index(at.x)) * index(to.channels);
  }

  /// Returns the channels of the input pixel that output pixel `at` reads at the tap, or null if it reads none there.
  [[nodiscard]] const float* source(const float* inputs, pixel at, int ky, int kx) const noexcept {
    const int y = meet(y_axis().origin(at.y) + ky, dilation.height, from.height);
    const int x = meet(x_axis().origin(at.x) + kx, dilation.width, from.width);
    if (y < 0 || x < 0) return nullptr;
    return inputs +
           ((index(at.image) * index(from.height) + index(y)) * index(from.width) + index(x)) * index(from.channels);
  }

private:
  /// Number of positions in 0 … length - 1 that leave `remainder` when divided by `dilation`.
  [[nodiscard]] static int phase(int length, int dilation, int remainder) noexcept {
    return dilation == 1 ? length : (length - remainder + dilation - 1) / dilation;
  }

  [[nodiscard]] static int meet(int position, int dilation, int length) noexcept {
    if (dilation != 1) {
      if (position % dilation != 0) return -1;
      position /= dilation;
    }
    return position < length ? position : -1;
  }
};

[[nodiscard]] inline tap_map forward_taps(const geometry& g) noexcept {
  return {g.in, g.out, g.kernel, g.stride, g.padding, {1, 1}};
}

[[nodiscard]] inline tap_map backward_taps(const geometry& g) noexcept {
  const extent padding{g.kernel.height - 1 - g.padding.height, g.kernel.width - 1 - g.padding.width};
  return {g.out, g.in, g.kernel, {1, 1}, padding, g.stride};
}

/// Copies the window of an output pixel, with zeros outside the image: window (kernel.height, kernel.width,
/// from.channels).
///
/// requires  dilation 1, so that a row of the window is contiguous in the image
inline void gather_window(const tap_map& map, const float* inputs, tap_map::pixel at, float* window) noexcept {
  const int channels = map.from.channels, width = map.kernel.width;
  const int_range columns = map.x_axis().taps(at.x);
  const int x = map.x_axis().origin(at.x), top = map.y_axis().origin(at.y);
  const int begin = columns.first * channels, end = columns.last * channels;
  for (int ky = 0; ky < map.kernel.height; ++ky, window += width * channels) {
    const int y = top + ky;
    if (y < 0 || y >= map.from.height || begin >= end) {
      std::fill_n(window, width * channels, 0.f);
      continue;
    }
    const float* line =
        inputs + (index(at.image) * index(map.from.height) + index(y)) * index(map.from.width) * index(channels);
    const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(x) * channels;
    // Plain loops copy these few floats faster than a call of memcpy.
    for (int i = 0; i < begin; ++i) window[i] = 0.f;
    for (int i = begin; i < end; ++i) window[i] = line[offset + i];
    for (int i = end; i < width * channels; ++i) window[i] = 0.f;
  }
}

}  // namespace minnow::kernels
