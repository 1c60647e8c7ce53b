#pragma once

#include <algorithm>
#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/gemm/float_transpose.hpp>
#include <minnow/kernels/float_vector.hpp>

namespace minnow::kernels {

namespace detail {

/// Copies one row of a panel (a part of a matrix that is `Columns` columns wide): `valid` numbers, then zeros.
template <int Columns>
void copy_columns(const float* from, int valid, float* to) noexcept {
  if (valid >= Columns) {
    std::copy_n(from, Columns, to);  // a constant length, which compiles to a few vector moves instead of a call
  } else {
    std::fill(std::copy_n(from, valid, to), to + Columns, 0.f);
  }
}

}  // namespace detail

/// Number of floats in the panels for `outputs` sums of `inputs` products each: [ceil(outputs /
/// columns)][inputs][columns].
template <class Arch = best>
[[nodiscard]] constexpr std::size_t panel_floats(int inputs, int outputs) noexcept {
  return round_up(index(outputs), float_tile<Arch>::columns) * index(inputs);
}

template <class Arch = best>
[[nodiscard]] constexpr std::size_t forward_panel_floats(const geometry& g) noexcept {
  return panel_floats<Arch>(g.inputs(), g.out.channels);
}

template <class Arch = best>
[[nodiscard]] constexpr std::size_t backward_panel_floats(const geometry& g) noexcept {
  return panel_floats<Arch>(g.kernel.height * g.kernel.width * g.out.channels, g.in.channels);
}

/// Packs weights (F,ky,kx,C) for product_forward: panels of `columns` filters, with zeros beyond the last filter.
template <class Arch = best>
struct forward_panels {
  using arch = Arch;
  geometry g;
  const float* weights;

  [[nodiscard]] int count() const noexcept { return ceil_div(g.out.channels, float_tile<Arch>::columns); }

  /// Packs inputs [begin, end) of the panels [first, last). Each packed panel has the shape (end - begin, columns) and
  /// starts `size` floats after the start of the previous one.
  void pack(int first, int last, int begin, int end, float* to, std::size_t size) const noexcept {
    constexpr int columns = float_tile<Arch>::columns;
    const int inputs = g.inputs();
    for (int panel = first; panel < last; ++panel, to += size) {
      const int valid = std::min(columns, g.out.channels - panel * columns);
      if (valid < columns) std::fill_n(to, index(end - begin) * columns, 0.f);
      transpose<Arch>(weights + index(panel) * columns * index(inputs) + begin, index(inputs), valid, end - begin, to,
                      columns);
    }
  }
};

/// Packs weights (F,ky,kx,C) for product_backward_inputs: panels of `columns` channels, with zeros beyond the last
/// channel. The inputs of a panel are (ky, kx, F), with the taps (kernel positions) from last to first, see tap_map.
template <class Arch = best>
struct backward_panels {
  using arch = Arch;
  geometry g;
  const float* weights;

  [[nodiscard]] int count() const noexcept { return ceil_div(g.in.channels, float_tile<Arch>::columns); }

  /// Like forward_panels::pack. The weights are read in runs of several cache lines.
  void pack(int first, int last, int begin, int end, float* to, std::size_t size) const noexcept {
    constexpr int columns = float_tile<Arch>::columns;
    const int taps = g.kernel.height * g.kernel.width, filters = g.out.channels, channels = g.in.channels;
    for (int row = begin; row < end; ++row, to += columns) {
      const int tap = taps - 1 - row / filters, f = row % filters;
      const float* from = weights + (index(f) * index(taps) + index(tap)) * index(channels);
      for (int panel = first; panel < last; ++panel)
        detail::copy_columns<columns>(from + panel * columns, std::min(columns, channels - panel * columns),
                                      to + index(panel - first) * size);
    }
  }
};

/// Packs all inputs of all panels: to (panels, inputs, columns).
///
/// requires  room for forward_panel_floats(g) or backward_panel_floats(g) floats, preferably aligned to 64 bytes
/// throws    never
template <class Panels>
void pack_panels(const Panels& panels, int inputs, float* to) noexcept {
  constexpr int together = 4;
  const std::size_t size = panel_floats<typename Panels::arch>(inputs, 1);
  parallel_for(ceil_div(panels.count(), together), [&](int group) {
    const int first = group * together;
    panels.pack(first, std::min(first + together, panels.count()), 0, inputs, to + index(first) * size, size);
  });
}

template <class Arch = best>
void pack_forward(const geometry& g, const float* weights, float* to) noexcept {
  pack_panels(forward_panels<Arch>{g, weights}, g.inputs(), to);
}
template <class Arch = best>
void pack_backward(const geometry& g, const float* weights, float* to) noexcept {
  pack_panels(backward_panels<Arch>{g, weights}, g.kernel.height * g.kernel.width * g.out.channels, to);
}

}  // namespace minnow::kernels
