#pragma once

#include <algorithm>
#include <cstddef>

#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_transpose.hpp>
#include <minnow/kernels/float_vector.hpp>

namespace minnow::kernels {

namespace detail {

/// One row of a panel: `valid` numbers, then zeros.
template <int Columns>
void copy_columns(const float* from, int valid, float* to) noexcept {
  if (valid >= Columns) {
    std::copy_n(from, Columns, to);  // a length known to the compiler: a few vectors instead of a call
  } else {
    std::fill(std::copy_n(from, valid, to), to + Columns, 0.f);
  }
}

}  // namespace detail

/// Floats of the panels that `outputs` sums of `inputs` products each read: [ceil(outputs / columns)][inputs][columns].
template <class Arch = best>
[[nodiscard]] constexpr std::size_t panel_floats(int inputs, int outputs) noexcept {
  return round_up(static_cast<std::size_t>(outputs), float_tile<Arch>::columns) * static_cast<std::size_t>(inputs);
}

template <class Arch = best>
[[nodiscard]] constexpr std::size_t forward_panel_floats(const geometry& g) noexcept {
  return panel_floats<Arch>(g.inputs(), g.out.channels);
}

template <class Arch = best>
[[nodiscard]] constexpr std::size_t backward_panel_floats(const geometry& g) noexcept {
  return panel_floats<Arch>(g.kernel.height * g.kernel.width * g.out.channels, g.in.channels);
}

/// Packs weights (F,ky,kx,C) for product_forward: panels (ceil(F / columns), ky * kx * C, columns), zeros beyond F.
///
/// requires  room for forward_panel_floats(g) floats, best aligned to 64 bytes
/// throws    never
template <class Arch = best>
void pack_forward(const geometry& g, const float* weights, float* panels) noexcept {
  constexpr int columns = float_tile<Arch>::columns;
  const int inputs = g.inputs(), filters = g.out.channels;
  parallel_for(ceil_div(filters, columns), [=](int panel) {
    float* to = panels + static_cast<std::size_t>(panel) * inputs * columns;
    const int valid = std::min(columns, filters - panel * columns);
    if (valid < columns) std::fill_n(to, static_cast<std::size_t>(inputs) * columns, 0.f);
    transpose<Arch>(weights + static_cast<std::size_t>(panel) * columns * inputs, static_cast<std::size_t>(inputs),
                    valid, inputs, to, columns);
  });
}

/// Packs weights (F,ky,kx,C) for product_backward_inputs: panels (ceil(C / columns), ky * kx * F, columns), the taps
/// from last to first (see tap_map), zeros beyond C.
///
/// requires  room for backward_panel_floats(g) floats, best aligned to 64 bytes
/// throws    never
template <class Arch = best>
void pack_backward(const geometry& g, const float* weights, float* panels) noexcept {
  constexpr int columns = float_tile<Arch>::columns;
  constexpr int together = 4;  // panels written side by side, so that weights are read in runs of several cache lines
  const int taps = g.kernel.height * g.kernel.width, filters = g.out.channels, channels = g.in.channels;
  const int rows = taps * filters, panel_count = ceil_div(channels, columns);
  parallel_for(ceil_div(panel_count, together), [=](int group) {
    const int first = group * together, last = std::min(first + together, panel_count);
    for (int row = 0; row < rows; ++row) {
      const int tap = taps - 1 - row / filters, f = row % filters;
      const float* from = weights + (static_cast<std::size_t>(f) * taps + tap) * channels;
      for (int panel = first; panel < last; ++panel) {
        float* to = panels + (static_cast<std::size_t>(panel) * rows + row) * columns;
        detail::copy_columns<columns>(from + panel * columns, std::min(columns, channels - panel * columns), to);
      }
    }
  });
}

}  // namespace minnow::kernels
