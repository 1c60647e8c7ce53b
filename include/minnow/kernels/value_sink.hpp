#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/epilogue.hpp>

namespace minnow::kernels {

/// Sums to memory as floats, each times its filter's scale: pixels of F numbers, as training holds them. A sum beyond
/// 2^24 is rounded once before it is scaled.
struct value_sink {
  float* values;  ///< of output pixel (0, 0)
  int width;      ///< pixels in a row
  int filters;
  const float* scales;  ///< [sum_stride(F)]

  [[nodiscard]] float* at(int y, int x) const noexcept {
    return values + (static_cast<std::ptrdiff_t>(y) * width + x) * filters;
  }

  template <int Factor, class Batch, std::size_t Vectors>
  struct panel_of {
    using floats = xsimd::batch<float, typename Batch::arch_type>;
    const value_sink* sink;
    int channel;
    int filters;
    Batch base[Vectors];
    floats scales[Vectors];

    void put(int y, int x, const Batch (&counts)[Vectors]) const noexcept {
      constexpr int lanes = static_cast<int>(Batch::size);
      float* to = sink->at(y, x) + channel;
      alignas(64) float padded[Vectors * Batch::size];
      const bool whole = filters == static_cast<int>(Vectors) * lanes;
      for (std::size_t v = 0; v < Vectors; ++v) {
        (xsimd::batch_cast<float>(detail::sum_of<Factor>(base[v], counts[v])) * scales[v]).store_unaligned((whole ? to : padded) + static_cast<int>(v) * lanes);
      }
      if (!whole)
        for (int f = 0; f < filters; ++f) to[f] = padded[f];
    }
  };

  template <int Factor, class Batch, std::size_t Vectors>
  [[nodiscard]] panel_of<Factor, Batch, Vectors> panel(const Batch (&base)[Vectors], int channel, int count) const noexcept {
    panel_of<Factor, Batch, Vectors> result{this, channel, count, {}, {}};
    for (std::size_t v = 0; v < Vectors; ++v) {
      result.base[v] = base[v];
      result.scales[v] = panel_of<Factor, Batch, Vectors>::floats::load_unaligned(scales + channel + v * Batch::size);
    }
    return result;
  }

  void put(int y, int x, int channel, int count, const std::int32_t* block) const noexcept {
    for (int f = 0; f < count; ++f) at(y, x)[channel + f] = static_cast<float>(block[f]) * scales[channel + f];
  }
};

}  // namespace minnow::kernels
