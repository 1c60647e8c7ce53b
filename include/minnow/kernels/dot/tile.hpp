#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/decoder.hpp>
#include <minnow/kernels/dot/isa.hpp>
#include <minnow/kernels/dot/weights.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/region.hpp>

/// The inner loops of integer products, computed with dot products of bytes: some pixels by some blocks of 16 filters.
/// Each lane is a filter.
///
/// One step multiplies a quad (four channels) of a pixel by 64 bytes of weights of each block. The quad has four bytes
/// (eight with some instructions, see dot/isa_base.hpp) and is broadcast to all lanes. The counts (the sums of u · w in
/// dot/code.hpp) stay in registers over the whole window. The loops of a tile depend neither on encodings nor on sinks,
/// so all products of an architecture share them. The loops of a single pixel decode the weights into registers.
namespace minnow::kernels::detail {

/// The layout of the steps of a window, in bytes.
struct dot_window {
  int rows;
  int steps;  ///< in one row
  std::ptrdiff_t next_input_row;
  std::ptrdiff_t next_weight_row;
  std::ptrdiff_t next_weights;  ///< bytes from one step to the next: 64, or 4 · filters in a shorter last block
};

/// The weights of the blocks of 16 filters that are computed together.
template <int Blocks>
struct dot_panel {
  const std::byte* weights[index(Blocks)];
  int filters;  ///< number of filters of a single block; several blocks always have 16 each
  std::ptrdiff_t next_weights;
};

template <class Isa>
struct dot_tiles {
  using numbers = typename Isa::numbers;
  static constexpr int lanes = static_cast<int>(numbers::size);
  static constexpr int vectors = block_filters / lanes;  // of one block

  /// Computes the counts of some pixels for some blocks of filters.
  template <int Pixels, int Blocks>
  [[gnu::noinline]] static void count(const dot_window& w, const std::byte* image,
                                      const cursor (&pixels)[index(Pixels)],
                                      const std::byte* const (&weights)[index(Blocks)], numbers* counts) noexcept {
    constexpr int width = Blocks * vectors;
    typename Isa::sums sums[index(Pixels)][index(width)];
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q)
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) sums[q][v] = Isa::zero();
    const std::ptrdiff_t next = Blocks > 1 ? quad_bytes : w.next_weights;
    for (int row = 0; row < w.rows; ++row) {
      const std::byte* a[index(Pixels)];
      const std::byte* b[index(Blocks)];
#pragma GCC unroll 8
      for (int q = 0; q < Pixels; ++q) a[q] = image + pixels[q].input * Isa::quad_size + row * w.next_input_row;
#pragma GCC unroll 8
      for (int i = 0; i < Blocks; ++i) b[i] = weights[i] + row * w.next_weight_row;
      std::ptrdiff_t at = 0;
      for (std::ptrdiff_t step = 0; step < w.steps; ++step, at += next) {
        typename Isa::weights by[index(width)];
#pragma GCC unroll 8
        for (int v = 0; v < width; ++v) by[v] = load_weights<Isa>(b[v / vectors] + at + v % vectors * (lanes * 4));
#pragma GCC unroll 8
        for (int q = 0; q < Pixels; ++q) {
          const typename Isa::inputs quad = broadcast_inputs<Isa>(a[q] + Isa::quad_size * step);
#pragma GCC unroll 8
          for (int v = 0; v < width; ++v) sums[q][v] = Isa::add(sums[q][v], quad, by[v]);
        }
      }
    }
#pragma GCC unroll 8
    for (int q = 0; q < Pixels; ++q)
#pragma GCC unroll 8
      for (int v = 0; v < width; ++v) counts[q * width + v] = Isa::total(sums[q][v]);
  }
};

/// Computes the counts of one pixel for one block of filters, whose weights are decoded into registers.
template <weight_order Order, class Weights, class Isa>
struct dot_row {
  using numbers = typename Isa::numbers;
  static constexpr int vectors = dot_tiles<Isa>::vectors;

  /// Adds the products of decoded weights and the inputs of a tap.
  struct product_adder {
    const std::byte* inputs;
    typename Isa::sums (&sums)[decoder_chains][index(vectors)];

    void operator()(int chain, int quad, int v, numbers bytes) const noexcept {
      sums[chain][v] =
          Isa::add(sums[chain][v], broadcast_inputs<Isa>(inputs + Isa::quad_size * quad), Isa::from(bytes));
    }
    void operator()(int chain, int quad, int, const plain_decoder::lanes& bytes) const noexcept {
      const auto* lanes = reinterpret_cast<const std::int32_t*>(bytes.at);
      for (int v = 0; v < vectors; ++v)
        (*this)(chain, quad, v, numbers::load_aligned(lanes + v * dot_tiles<Isa>::lanes));
    }
  };

  /// inputs   inputs of the window's first tap
  [[gnu::noinline]] static void count(const region& r, const std::byte* inputs, const std::byte* block, int filters,
                                      numbers (&counts)[1][index(vectors)]) noexcept {
    typename Isa::sums sums[decoder_chains][index(vectors)];
#pragma GCC unroll 4
    for (int chain = 0; chain < decoder_chains; ++chain)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) sums[chain][v] = Isa::zero();
    for (int ky = 0; ky < r.rows(); ++ky)
      for (int kx = 0; kx < r.x.taps(); ++kx) {
        const std::ptrdiff_t step = ky * r.input_row_steps() + static_cast<std::ptrdiff_t>(kx) * r.pixel_steps;
        const int tap = (r.y.tap_first + ky) * r.g.kernel.width + r.x.tap_first + kx;
        dot_decoder<typename Isa::arch>::template decode<Order, Weights>(
            quad_range{block, filters, r.g.in.channels, tap}, product_adder{inputs + Isa::quad_size * step, sums});
      }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) {
      counts[0][v] = Isa::total(sums[0][v]);
#pragma GCC unroll 4
      for (int chain = 1; chain < decoder_chains; ++chain) counts[0][v] += Isa::total(sums[chain][v]);
    }
  }
};

}  // namespace minnow::kernels::detail
