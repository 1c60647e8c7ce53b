#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/rows/fields.hpp>
#include <minnow/kernels/dot/rows/sums.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>

/// Products of a few pixels (a dense layer, or the last layers of a network) by weights of at most 4 bits. Every weight
/// is used only once or a few times, so the time to load and to decode it counts. The weights are stored in fields
/// (rows/fields.hpp), and a tile of all pixels uses each decoded vector.
namespace minnow::kernels::detail {

/// Calls run(first, last) for ranges of blocks of filters, on at most `threads` threads. A range is a multiple of 64
/// filters, so that no two threads write to the same word of a map of bits. Weights of less than 64 KB are not shared,
/// because starting a thread takes longer than their product.
template <class Run>
void share_blocks(const geometry& g, std::size_t weight_bytes, int threads, const Run& run) {
  constexpr int together = 64 / block_filters;
  const int all = blocks(g.out.channels);
  const int groups = ceil_div(all, together);
  const int parts = weight_bytes < 65536 ? 1 : std::min(threads, groups);
  if (parts <= 1) return run(0, all);
  const auto first_of = [&](int part) {
    return std::min(static_cast<int>(static_cast<std::int64_t>(groups) * part / parts) * together, all);
  };
  parallel_for(parts, [&](int part) { run(first_of(part), first_of(part + 1)); });
}

/// The windows of all output pixels of a call, each as one contiguous row of bytes.
template <class Isa>
struct field_rows {
  cursor pixels[index(most_field_pixels)];
  const std::byte* inputs[index(most_field_pixels)];
  std::int32_t sums[index(most_field_pixels)];  ///< the sum U of each row's inputs
  int size = 0;

  /// Bytes of one row: whole steps, and whole groups of 64 inputs for sum_of().
  [[nodiscard]] static constexpr std::size_t row_bytes(const geometry& g, int fields) noexcept {
    return round_up(index(field_steps(g, fields)) * index(fields) * Isa::quad_size, index(16 * Isa::quad_size));
  }

  /// Copies the windows of the output rows [first_row, last_row). Taps outside the image have inputs of 0.
  ///
  /// image   the unpacked map
  /// to      room for row_bytes() for each pixel
  void gather(const geometry& g, const std::byte* image, int first_row, int last_row, int fields,
              std::byte* to) noexcept {
    const std::size_t bytes = row_bytes(g, fields);
    const int quads = channel_quads(g.in.channels);
    for_each_region(g, first_row, last_row, quads, [&](const region& r) {
      for (cursor at(r); at.y < r.y.last; at.advance(r), ++size, to += bytes) {
        std::memset(to, 0, bytes);
        for (int ky = 0; ky < r.rows(); ++ky)
          std::memcpy(to + Isa::quad_size * (r.weight_step() + ky * r.weight_row_steps()),
                      image + Isa::quad_size * (at.input + ky * r.input_row_steps()),
                      index(Isa::quad_size * r.segment_steps()));
        pixels[size] = at;
        inputs[size] = to;
        sums[size] = sum_of(to, bytes);
      }
    });
  }

private:
  [[nodiscard]] static std::int32_t sum_of(const std::byte* row, std::size_t bytes) noexcept {
    using numbers = typename Isa::numbers;
    auto sum = Isa::zero();
    const auto ones = Isa::from(numbers(0x01010101));
    for (std::size_t at = 0; at < bytes; at += Isa::quad_size * numbers::size)
      sum = Isa::add(sum, load_inputs<Isa>(row + at), ones);
    return reduce_add(Isa::total(sum));
  }
};

template <class Weights, class Isa>
struct field_kernel {
  using numbers = typename Isa::numbers;
  using rows = field_rows<Isa>;
  static constexpr field_code code = field_code_of<Weights>();
  using tiles = field_tiles<Isa, code.bits>;

  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return index(most_field_pixels) * rows::row_bytes(g, code.fields());
  }

  /// Computes the counts of all pixels for a panel of `Blocks` blocks, [pixels][Blocks · vectors].
  template <int Blocks>
  static void count(const rows& r, const field_window& w, numbers* counts) noexcept {
    constexpr int width = Blocks * tiles::vectors;
    const auto tile = [&]<int Pixels>(std::integral_constant<int, Pixels>, int first) {
      tiles::template count<Pixels, Blocks>(w, r.inputs + first, counts + first * width);
    };
    int done = 0;
    const auto tiles_of = [&]<int Pixels>(std::integral_constant<int, Pixels> pixels, const auto& self) {
      for (; r.size - done >= Pixels; done += Pixels) tile(pixels, done);
      if constexpr (Pixels > 1) self(std::integral_constant<int, Pixels / 2>{}, self);
    };
    tiles_of(std::integral_constant<int, tiles::pixels>{}, tiles_of);
    for (int q = 0; q < r.size; ++q)
      for (int v = 0; v < width; ++v) {
        numbers& c = counts[q * width + v];
        c = (code.gain == 2 ? c + c : c) - numbers(code.offset) * numbers(r.sums[q]);
      }
  }

  /// Calls cover(integral_constant<int, Blocks>, block, counts) for all panels of one or two blocks. The counts have the
  /// type numbers [pixels][1][Blocks · vectors].
  template <class Cover>
  static void run(const geometry& g, const rows& r, const std::byte* weights, int threads,
                  const Cover& cover) noexcept {
    const int steps = field_steps(g, code.fields());
    const std::ptrdiff_t next = static_cast<std::ptrdiff_t>(steps) * quad_bytes;
    const auto panels = [&](int block, int end) {
      const int whole = std::min(end, g.out.channels / block_filters);  // a panel of two blocks has 32 filters
      const auto panel = [&]<int Blocks>(std::integral_constant<int, Blocks> size, int last) {
        for (; block + Blocks <= last; block += Blocks) {
          numbers counts[index(most_field_pixels)][1][index(Blocks * tiles::vectors)];
          count<Blocks>(r, {weights + block * next, next, steps}, &counts[0][0][0]);
          cover(size, block, counts);
        }
      };
      if constexpr (tiles::blocks > 1) panel(std::integral_constant<int, tiles::blocks>{}, whole);
      panel(std::integral_constant<int, 1>{}, end);
    };
    share_blocks(g, field_bytes<Weights>(g), threads, panels);
  }
};

}  // namespace minnow::kernels::detail
