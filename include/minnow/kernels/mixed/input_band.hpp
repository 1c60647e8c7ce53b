#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/half_vector.hpp>
#include <minnow/kernels/mixed/plane_vector.hpp>
#include <minnow/kernels/region.hpp>

/// Band: the input rows that a range of output rows reads, unpacked, with zeros for the padding on the left and right.
///
/// In a band, the inputs of each kernel row of a window are contiguous. This is also true at the edges of the image, so
/// tiles of pixels need not stop there. Kernel rows outside the image are skipped. A zero of the padding adds ±0 to a
/// sum that starts at +0, which does not change the sum.
namespace minnow::kernels::detail {

/// True if floats in packed memory have the byte order of this processor.
inline constexpr bool native_floats = std::endian::native == std::endian::little;

struct band {
  int first;  ///< input rows [first, last)
  int last;
  int width;  ///< number of pixels of a row with its padding

  [[nodiscard]] constexpr int rows() const noexcept { return last - first; }
};

/// Pixels of one row of a band: the row of the image and the padding that windows reach.
[[nodiscard]] constexpr int band_width(const geometry& g) noexcept {
  return std::max(g.in.width + g.padding.width, g.x_axis().covered(g.out.width));
}

[[nodiscard]] constexpr band band_of(const geometry& g, int first_row, int last_row) noexcept {
  const auto [first, last] = g.y_axis().reached({first_row, last_row});
  return {first, last, band_width(g)};
}

/// Number of elements of memory for the band (the unpacked input rows) of a whole image, including 16 elements past the
/// end that vector stores may overwrite.
[[nodiscard]] constexpr std::size_t band_elements(const geometry& g) noexcept {
  return index(g.in.height) * index(band_width(g)) * index(g.in.channels) + 16;
}

/// Returns true if the packed inputs can be used as a band (unpacked input rows) directly, without unpacking.
template <encoding In>
[[nodiscard]] constexpr bool is_band(const geometry& g) noexcept {
  return In == encoding::real && native_floats && band_width(g) == g.in.width;
}

/// Unpacks `pixels` neighboring pixels -> (pixels, C). Vectors of floats may overwrite up to 15 elements past the end.
template <encoding In, int Bits, class Vector, class Element>
void unpack_pixels(const std::byte* packed, int pixels, int channels, Element* to) noexcept {
  [[maybe_unused]] const std::size_t count = index(pixels) * index(channels);
  if constexpr (In == encoding::real && native_floats && std::is_same_v<Element, float>) {
    std::memcpy(to, packed, count * sizeof(float));
  } else if constexpr (In == encoding::half) {
    widen_halves<Vector>(packed, count, to);
  } else if constexpr (is_planes(In) && std::is_same_v<Element, float> && !std::is_same_v<Vector, plain_floats>) {
    for (int i = 0; i < pixels; ++i, packed += pixel_bytes<In, Bits>(channels), to += channels)
      codes_of_pixel<In, Bits, Vector>(packed, channels, to);
  } else {
    unpack_inputs<In, Bits>(packed, pixels, channels, to);
  }
}

/// Unpacks one row of the image -> (width, C), including its padding.
template <encoding In, int Bits, class Vector, class Element>
void unpack_row(const geometry& g, const std::byte* inputs, int row, int width, Element* to) noexcept {
  const int channels = g.in.channels;
  const std::size_t row_bytes = index(g.in.width) * pixel_bytes<In, Bits>(channels);
  to = std::fill_n(to, g.padding.width * channels, Element{});
  unpack_pixels<In, Bits, Vector>(inputs + index(row) * row_bytes, g.in.width, channels, to);
  std::fill_n(to + g.in.width * channels, (width - g.padding.width - g.in.width) * channels, Element{});
}

/// Unpacks input rows into `room` as a band, (rows, width, C), and returns `room`. If is_band<In>(g), nothing is
/// unpacked and the result points into `inputs`.
template <encoding In, int Bits, class Vector, class Element>
[[nodiscard]] const Element* unpack_band(const geometry& g, const band& b, const std::byte* inputs,
                                         Element* room) noexcept {
  const auto row = index(b.width) * index(g.in.channels);
  if constexpr (std::is_same_v<Element, float>) {
    if (is_band<In>(g)) return reinterpret_cast<const float*>(inputs) + index(b.first) * row;
  }
  for (int y = b.first; y < b.last; ++y)
    unpack_row<In, Bits, Vector>(g, inputs, y, b.width, room + index(y - b.first) * row);
  return room;
}

/// Up to `Rows` output pixels whose windows have the same kernel rows [ky_first, ky_last) inside the image.
template <class Element, int Rows>
struct pixel_tile {
  const Element* from[index(Rows)];  ///< start of the window's kernel row 0, which may be outside the image
  std::ptrdiff_t to[index(Rows)];    ///< index of the pixel within the output rows of the call
  int ky_first;
  int ky_last;
};

/// Calls visit(tile, count) for all pixels of the output rows [first_row, last_row), `Rows` at a time. A tile may
/// contain pixels of several output rows.
template <int Rows, class Element, class Visit>
void for_each_tile(const geometry& g, const band& b, const Element* rows, int first_row, int last_row,
                   Visit&& visit) noexcept {
  const std::ptrdiff_t pixel = g.in.channels, line = static_cast<std::ptrdiff_t>(b.width) * pixel;
  pixel_tile<Element, Rows> tile;
  for (int oy = first_row; oy < last_row;) {
    const run y = run_from(g.y_axis(), oy, last_row);
    tile.ky_first = y.tap_first;
    tile.ky_last = y.tap_last;
    int count = 0;
    for (; oy < y.last; ++oy) {
      const std::ptrdiff_t top = g.y_axis().origin(oy) - b.first;
      for (int ox = 0; ox < g.out.width; ++ox) {
        tile.from[count] = rows + top * line + static_cast<std::ptrdiff_t>(ox) * g.stride.width * pixel;
        tile.to[count] = static_cast<std::ptrdiff_t>(oy - first_row) * g.out.width + ox;
        if (++count < Rows) continue;
        visit(tile, count);
        count = 0;
      }
    }
    if (count > 0) visit(tile, count);
  }
}

}  // namespace minnow::kernels::detail
