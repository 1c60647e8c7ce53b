#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/dot/decoder.hpp>
#include <minnow/kernels/dot/inputs.hpp>
#include <minnow/kernels/dot/planes.hpp>
#include <minnow/kernels/dot/rows/kernel.hpp>
#include <minnow/kernels/dot/tile.hpp>
#include <minnow/kernels/dot/weights.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/tile.hpp>

/// Integer products, computed with dot products of bytes. The outer loop is over panels of one to four blocks of 16
/// filters, whose weights are decoded once and stay in the L2 cache. The inner loop is over pixels. With a single
/// output pixel each weight is read only once, and memory limits the speed. In this case, weights of less than 8 bits
/// are decoded block by block, in memory order, into registers and multiplied there.
///
/// The gap to the peak speed of byte products is the per-tile epilogue, in which the sink processes the counts, as in
/// xnor/tile.hpp. In products of 3 by 3 bits, the inputs are unpacked from their bit planes once per call, to one byte
/// for each channel, and each byte is then read once for each tap (kernel position). The weights are decoded one panel
/// at a time, which takes a byte shuffle and mask operations for every 64 weights; 64 to 1024 pixels share a decoded
/// panel.
namespace minnow::kernels::detail {

/// The arguments of one call.
struct dot_call {
  geometry g;
  const std::byte* image;     ///< inputs as bytes, as dot/inputs.hpp unpacks them
  const std::int32_t* table;  ///< sums of weights, which prepare() has computed
  int first_row;
  int last_row;
};

/// Computes the counts of a panel, where sum = base + Factor · count (see sink/sink.hpp), and hands them to a sink.
template <class Isa, int Factor, int Blocks, class Sink>
struct dot_cover {
  using numbers = typename Isa::numbers;
  static constexpr int width = Blocks * dot_tiles<Isa>::vectors;
  static constexpr int together = Blocks > 1 ? 2 : 1;  // number of blocks in one panel of the sink
  static constexpr int panels = Blocks / together;
  static constexpr int part = width / panels;

  using sink_panel = decltype(std::declval<const Sink&>().template panel<Factor>(
      std::declval<const numbers (&)[index(part)]>(), 0, 0));

  const dot_call& call;
  int channel;
  int filters;  ///< number of filters of a single block; several blocks always have 16 each
  const Sink& sink;

  [[nodiscard]] dot_window window(const region& r, std::ptrdiff_t next_weights) const noexcept {
    return {r.rows(), r.segment_steps(), r.input_row_steps() * Isa::quad_size, r.weight_row_steps() * next_weights,
            next_weights};
  }
  [[nodiscard]] const std::byte* inputs(const cursor& pixel) const noexcept {
    return call.image + pixel.input * Isa::quad_size;
  }

  /// Calls visit(panels of the sink); these panels hold the constants of a region.
  template <class Visit>
  void with_sink_panels(const region& r, Visit&& visit) const noexcept {
    alignas(64) std::int32_t sums[index(Blocks * block_filters)];
    add_taps(r, call.table, sum_stride(call.g.out.channels), channel, Blocks * block_filters, sums);
    const auto panel_at = [&](int i) {
      numbers base[index(part)];
      for (int v = 0; v < part; ++v)
        base[v] = numbers::load_unaligned(sums + (i * part + v) * static_cast<int>(numbers::size));
      return sink.template panel<Factor>(base, channel + i * together * block_filters,
                                         Blocks > 1 ? together * block_filters : filters);
    };
    if constexpr (panels == 1) {
      const sink_panel results[1] = {panel_at(0)};
      visit(results);
    } else {
      static_assert(panels == 2);
      const sink_panel results[2] = {panel_at(0), panel_at(1)};
      visit(results);
    }
  }

  static void put(const sink_panel (&results)[index(panels)], const cursor* pixels, int size,
                  const numbers (*counts)[index(panels)][index(part)]) noexcept {
    for (int i = 0; i < panels; ++i) put_tile(results[i], pixels, size, &counts[0][i], panels);
  }

  /// Computes all pixels with a panel of weights in memory.
  void run(const dot_panel<Blocks>& p) const noexcept {
    for_each_region(call.g, call.first_row, call.last_row, channel_quads(call.g.in.channels), [&](const region& r) {
      const dot_window w = window(r, p.next_weights);
      const std::byte* weights[index(Blocks)];
      for (int i = 0; i < Blocks; ++i) weights[i] = p.weights[i] + r.weight_step() * p.next_weights;
      with_sink_panels(r, [&](const sink_panel(&results)[index(panels)]) {
        for_each_tile<Isa::template pixels<Blocks>>(
            r, [&]<int Pixels>(std::integral_constant<int, Pixels>, const cursor(&pixels)[index(Pixels)]) {
              numbers counts[index(Pixels)][index(panels)][index(part)];
              dot_tiles<Isa>::template count<Pixels, Blocks>(w, call.image, pixels, weights, &counts[0][0][0]);
              put(results, pixels, Pixels, counts);
            });
      });
    });
  }

  /// Passes computed counts of all pixels to the sink. The pixels are in the order of the regions.
  void put_all(const cursor* pixels, const numbers (*counts)[index(panels)][index(part)]) const noexcept {
    for_each_region(call.g, call.first_row, call.last_row, channel_quads(call.g.in.channels), [&](const region& r) {
      with_sink_panels(r, [&](const sink_panel(&results)[index(panels)]) { put(results, pixels, r.pixels(), counts); });
      pixels += r.pixels();
      counts += r.pixels();
    });
  }

  /// Computes a single output pixel. count(region, inputs of the pixel, counts) computes its counts, one for each
  /// filter.
  template <class Count>
  void run_one(const Count& count) const noexcept {
    for_each_region(call.g, call.first_row, call.last_row, channel_quads(call.g.in.channels), [&](const region& r) {
      const cursor pixel(r);
      numbers counts[1][index(panels)][index(part)];
      count(r, inputs(pixel), counts[0]);
      with_sink_panels(r, [&](const sink_panel(&results)[index(panels)]) { put(results, &pixel, 1, counts); });
    });
  }
};

template <class In, class Weights, class Isa>
struct dot_kernel {
  using arch = typename Isa::arch;
  using numbers = typename Isa::numbers;
  static constexpr int vectors = dot_tiles<Isa>::vectors;
  static constexpr weight_order order = weight_order_of<In::storage, Weights::storage>();
  using code = dot_code<In, Isa::is_signed>;
  using counts = counts_of<code::factor, numbers>;
  static constexpr bool decodes = Weights::storage != encoding::byte;
  /// True if the products of a few pixels use weights in fields.
  static constexpr bool has_fields = decodes && field_code_of<Weights>().bits != 0;

  /// Bytes of the decoded weights of one block of filters.
  [[nodiscard]] static constexpr std::size_t block_bytes(const geometry& g) noexcept {
    const auto taps = index(g.kernel.height * g.kernel.width);
    return taps * index(channel_quads(g.in.channels)) * quad_bytes;
  }
  static constexpr bool splits = Isa::quad_size == 8;
  [[nodiscard]] static constexpr std::size_t image_bytes(const geometry& g) noexcept {
    const std::size_t bytes = index(g.in.pixels()) * dot_pixel_bytes(g.in.channels);
    if (splits) return row_bytes(g) + round_up(2 * bytes, 64);
    return dot_reads_packed<In, Isa::is_signed>(g.in.channels) ? 0 : round_up(bytes + word_bits, 64);
  }
  /// Bytes of one unpacked row, before split_quads() splits it.
  [[nodiscard]] static constexpr std::size_t row_bytes(const geometry& g) noexcept {
    return round_up(index(g.in.width) * dot_pixel_bytes(g.in.channels) + word_bits, 64);
  }
  [[nodiscard]] static constexpr bool is_one_pixel(const geometry& g) noexcept {
    return g.out.height * g.out.width == 1;
  }
  [[nodiscard]] static constexpr bool uses_fields(const geometry& g) noexcept {
    return has_fields && has_few_pixels(g);
  }
  /// Offset of the fields in the prepared memory, which begins with the table of dot/weights.hpp.
  [[nodiscard]] static constexpr std::size_t fields_at(const geometry& g) noexcept {
    return round_up(dot_table_bytes(g), 64);
  }

  [[nodiscard]] static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    if constexpr (has_fields)
      if (uses_fields(g)) return fields_at(g) + field_bytes<Weights>(g);
    return dot_table_bytes(g);
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    if constexpr (has_fields)
      if (uses_fields(g)) return round_up(image_bytes(g), 64) + field_kernel<Weights, Isa>::scratch_bytes(g);
    return image_bytes(g) + (decodes && !is_one_pixel(g) ? block_bytes(g) * Isa::blocks : 0);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared, int input_zero) noexcept {
    const std::size_t size = weight_block_bytes<In::storage, Weights::storage, Weights::bits>(g, block_filters);
    auto* table = reinterpret_cast<std::int32_t*>(prepared);
    if constexpr (has_fields)
      if (uses_fields(g))
        return store_fields<order, Weights, Isa>(g, weights, size, code::zero + input_zero, table,
                                                 prepared + fields_at(g));
    prepare_dot_table<order, Weights>(g, weights, size, code::zero + input_zero, table);
  }

  /// Unpacks the input rows that are needed, each to its place in the map. Returns the start of the map.
  static const std::byte* unpack(const geometry& g, const operands& o, int first_row, int last_row) noexcept {
    const bool as_packed = dot_reads_packed<In, Isa::is_signed>(g.in.channels);
    const auto [first, last] = g.y_axis().reached({first_row, last_row});
    if constexpr (splits) {
      const auto width = index(g.in.width);
      std::byte* const image = o.scratch + row_bytes(g);
      for (auto y = index(first); static_cast<int>(y) < last; ++y) {
        const std::byte* row = o.inputs + y * width * pixel_bytes<In::storage, In::bits>(g.in.channels);
        if (!as_packed) {
          unpack_dot_inputs<In, Isa::is_signed, plane_bytes<arch>>(row, g.in.width, g.in.channels, o.scratch);
          row = o.scratch;
        }
        split_quads<numbers>(row, g.in.width * channel_quads(g.in.channels),
                             image + 2 * y * width * dot_pixel_bytes(g.in.channels));
      }
      return image;
    }
    if (as_packed) return o.inputs;
    if (first < last) {
      const auto skipped = index(first * g.in.width);
      unpack_dot_inputs<In, Isa::is_signed, plane_bytes<arch>>(
          o.inputs + skipped * pixel_bytes<In::storage, In::bits>(g.in.channels), (last - first) * g.in.width,
          g.in.channels, o.scratch + skipped * dot_pixel_bytes(g.in.channels));
    }
    return o.scratch;
  }

  template <int Blocks, class Sink>
  static void cover(const dot_call& c, const operands& o, int block, const Sink& sink) noexcept {
    const geometry& g = c.g;
    const int filters = filters_of(g.out.channels, block);
    const dot_cover<Isa, code::factor, Blocks, Sink> cover{c, block * block_filters, filters, sink};
    const auto block_at = [&](int i) {
      return o.weights + weight_block_offset<In::storage, Weights::storage, Weights::bits>(g, block + i);
    };
    if constexpr (!decodes) {
      dot_panel<Blocks> p{{}, filters, 4 * filters};
      for (int i = 0; i < Blocks; ++i) p.weights[i] = block_at(i);
      cover.run(p);
    } else {
      dot_panel<Blocks> p{{}, filters, quad_bytes};
      for (int i = 0; i < Blocks; ++i) {
        std::byte* to = o.scratch + image_bytes(g) + index(i) * block_bytes(g);
        p.weights[i] = to;
        decode_panel<order, Weights, dot_decoder<arch>>(g, block_at(i), filters, to);
      }
      cover.run(p);
    }
  }

  template <class Sink>
  static void cover_one(const dot_call& c, const operands& o, int block, const Sink& sink) noexcept {
    const int filters = filters_of(c.g.out.channels, block);
    const std::byte* weights =
        o.weights + weight_block_offset<In::storage, Weights::storage, Weights::bits>(c.g, block);
    const dot_cover<Isa, code::factor, 1, Sink> cover{c, block * block_filters, filters, sink};
    cover.run_one([&](const region& r, const std::byte* inputs, numbers(&counts)[1][index(vectors)]) {
      dot_row<order, Weights, Isa>::count(r, inputs, weights, filters, counts);
    });
  }

  /// Computes a few pixels with weights in fields.
  template <class Sink>
  static void cover_few(const dot_call& c, const operands& o, const Sink& sink) noexcept {
    using fields = field_kernel<Weights, Isa>;
    const geometry& g = c.g;
    typename fields::rows rows;
    rows.gather(g, c.image, c.first_row, c.last_row, fields::code.fields(), o.scratch + round_up(image_bytes(g), 64));
    fields::run(g, rows, o.prepared + fields_at(g), o.threads,
                [&]<int Blocks>(std::integral_constant<int, Blocks>, int block, const auto* counts) {
                  const dot_cover<Isa, code::factor, Blocks, Sink> cover{c, block * block_filters,
                                                                         filters_of(g.out.channels, block), sink};
                  cover.put_all(rows.pixels, counts);
                });
  }

  template <class Sink>
  static void run(const geometry& g, const operands& o, int first_row, int last_row, const Sink& sink) noexcept {
    const dot_call c{g, unpack(g, o, first_row, last_row), reinterpret_cast<const std::int32_t*>(o.prepared), first_row,
                     last_row};
    if constexpr (has_fields)
      if (uses_fields(g)) return cover_few(c, o, sink);
    if constexpr (decodes && !has_fields)
      if (is_one_pixel(g)) {
        for (int block = 0; block < blocks(g.out.channels); ++block) cover_one(c, o, block, sink);
        return;
      }
    const auto panels = [&](int block, int end) {
      const int whole = (std::min)(end, g.out.channels / block_filters);
      if constexpr (Isa::blocks >= 4)
        for (; block + 4 <= whole; block += 4) cover<4>(c, o, block, sink);
      if constexpr (Isa::blocks >= 2)
        for (; block + 2 <= whole; block += 2) cover<2>(c, o, block, sink);
      for (; block < end; ++block) cover<1>(c, o, block, sink);
    };
    // Threads cannot share the scratch memory of decoded weights.
    const std::size_t shared =
        decodes || !has_few_pixels(g) ? 0 : weight_bytes<In::storage, Weights::storage, Weights::bits>(g);
    share_blocks(g, shared, o.threads, panels);
  }
};

}  // namespace minnow::kernels::detail
