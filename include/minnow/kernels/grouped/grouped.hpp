#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/kernels/dot/code.hpp>
#include <minnow/kernels/dot/inputs.hpp>
#include <minnow/kernels/dot/isa.hpp>
#include <minnow/kernels/dot/planes.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/grouped/kernel.hpp>
#include <minnow/kernels/grouped/layout.hpp>
#include <minnow/kernels/mixed/float_pair.hpp>
#include <minnow/kernels/mixed/input_band.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/ordered_sums.hpp>
#include <minnow/kernels/sink/tile.hpp>

/// Grouped convolutions, including depthwise ones, for every pair of operands. Each lane of a vector is a filter.
/// Integers use dot products of bytes, floats use multiply-adds. A call uses the files of kernels/grouped in this
/// order:
///
/// grouped.hpp  grouped_product, the interface: grouped_dot for integers, grouped_mac for floats. prepare() reorders
///              the weights once; rows() unpacks the input rows, with padding on both sides
/// layout.hpp   grouped_layout: the order of weights and inputs, and the functions that put them in this order
/// kernel.hpp   grouped_kernel: loops over filter panels, rows and pixels; hands the sums of integers to the sink as
///              counts (sink/sink.hpp), or stores float sums
///
/// Headers from other folders: dot/code.hpp and dot/inputs.hpp (codes as bytes), dot/isa.hpp (dot products),
/// mixed/input_band.hpp (unpacked floats) and sink/ordered_sums.hpp (sums of floats for sinks).
namespace minnow::kernels {

namespace detail {

/// Weights in the kernel's order, as words. Temporary memory for the codes of one block follows them.
template <class Number, class In, class Weights>
struct grouped_weights {
  using layout = grouped_layout<Number>;
  using word = typename layout::word;
  using code = std::conditional_t<layout::floats, float, std::int8_t>;

  [[nodiscard]] static constexpr std::size_t bytes(const geometry& g) noexcept {
    return layout(g).weight_words() * sizeof(word) + index(g.inputs() * block_filters) * sizeof(code);
  }
  /// Reorders the weights and calls visit(block, codes (K, 16)) for each block.
  template <class Visit>
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared, Visit&& visit) noexcept {
    const layout l(g);
    auto* words = reinterpret_cast<word*>(prepared);
    auto* codes = reinterpret_cast<code*>(words + l.weight_words());
    for (int block = 0; block < blocks(g.out.channels); ++block) {
      unpack_weight_block<In::storage, Weights::storage, Weights::bits>(g, weights, block, codes);
      l.put_weights(block, codes, words + block * l.block_words());
      visit(block, codes);
    }
  }
};

constexpr const char* grouped_name(const geometry& g, const char* depthwise, const char* grouped) noexcept {
  return g.group_channels() == 1 && g.group_filters() == 1 ? depthwise : grouped;
}

}  // namespace detail

/// Kernel for integer operands, with the interface of kernels::product.
///
/// requires  at most longest() inputs in a window, as for dot_product
/// cost      a step is a dot product of bytes: on 512 bits, four taps or channels for each of 16 filters. In addition,
///           the inputs are copied into the order of grouped/layout.hpp, once for each filter panel, input row and
///           output column
template <class In, class Weights, class Arch>
struct grouped_dot {
  using sum_type = std::int32_t;
  using isa = detail::grouped_dot_isa<In, Weights, Arch>;
  using code = detail::dot_code<In, isa::is_signed>;
  using counts = std::conditional_t<std::is_same_v<isa, detail::portable_dot_isa>, plain_sums,
                                    counts_of<code::factor, typename isa::numbers>>;
  using layout = detail::grouped_layout<std::byte>;
  using kernel = detail::grouped_kernel<isa, std::byte>;
  using stored = detail::grouped_weights<std::byte, In, Weights>;

  [[nodiscard]] static constexpr int longest() noexcept { return detail::dot_inputs<In, Weights>(); }
  static constexpr const char* name(const geometry& g) noexcept {
    return detail::grouped_name(g, "depthwise dot", "grouped dot");
  }
  static constexpr const char* arch_name(const geometry&) noexcept { return kernels::arch_name<typename isa::arch>(); }

  /// Bytes of the table [taps][sum_stride(filters)]. Each entry is -zero · Σ w (dot/code.hpp) for the weights w of one
  /// filter at one tap (kernel position). The base of a window is the sum of the entries of its taps.
  [[nodiscard]] static constexpr std::size_t table_bytes(const geometry& g) noexcept {
    return round_up(index(g.kernel.height * g.kernel.width * sum_stride(g.out.channels)) * sizeof(std::int32_t), 64);
  }
  [[nodiscard]] static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    return table_bytes(g) + stored::bytes(g);
  }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return layout(g).band_bytes() + kernel::image_bytes(g);
  }

  /// input_zero  as operands::zero
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared, int input_zero = 0) noexcept {
    auto* table = reinterpret_cast<std::int32_t*>(prepared);
    const int zero = code::zero + input_zero;
    stored::prepare(g, weights, prepared + table_bytes(g), [&](int block, const std::int8_t* codes) {
      for (int tap = 0; tap < g.kernel.height * g.kernel.width; ++tap) {
        std::int32_t* to = table + tap * sum_stride(g.out.channels) + block * block_filters;
        std::fill_n(to, block_filters, 0);
        for (int c = 0; c < g.group_channels(); ++c, codes += block_filters)
          for (int f = 0; f < block_filters; ++f) to[f] -= zero * codes[f];
      }
    });
  }

  template <class Sink>
  static void rows(const geometry& g, const operands& o, int first, int last, const Sink& sink) noexcept {
    assert(0 <= first && first <= last && last <= g.out.height && "rows of the output");
    assert(g.inputs() <= longest() && "sums that fit 32 bits");
    if (first == last) return;
    const layout l(g);
    const int_range read = g.y_axis().reached({first, last});
    const geometry regions = pads_with_codes ? l.with_padding() : g;
    unpack(l, o, read);
    kernel::run(
        g, regions, o.scratch, read, reinterpret_cast<const std::int32_t*>(o.prepared + table_bytes(g)),
        reinterpret_cast<std::int32_t*>(o.scratch + l.band_bytes()), first, last,
        detail::grouped_codes<isa, code::factor, Sink>{g, reinterpret_cast<const std::int32_t*>(o.prepared), sink});
  }

private:
  /// True if padding is stored as the byte of code 0; the base then covers the columns of padding too. False for
  /// pixels, which have no code of 0. Their padding is bytes of 0, which add nothing to a count, and the base covers
  /// only the taps inside the image.
  static constexpr bool pads_with_codes = In::storage != encoding::pixel;

  /// Unpacks the input rows that are needed, with columns of padding on both sides.
  static void unpack(const layout& l, const operands& o, int_range read) noexcept {
    const geometry& g = l.g;
    const auto outside = static_cast<std::byte>(pads_with_codes ? code::zero + o.zero : 0);
    const std::ptrdiff_t pixel = l.pixel_numbers();
    const std::size_t row_bytes = index(g.in.width) * pixel_bytes<In::storage, In::bits>(g.in.channels);
    for (int y = read.first; y < read.last; ++y) {
      std::byte* to =
          std::fill_n(o.scratch + (y - read.first) * l.band_row_numbers(), g.padding.width * pixel, outside);
      detail::unpack_dot_inputs<In, isa::is_signed, detail::plane_bytes<typename isa::arch>>(
          o.inputs + index(y) * row_bytes, g.in.width, g.in.channels, to);
      std::fill_n(to + g.in.width * pixel, (l.band_columns() - g.padding.width - g.in.width) * pixel, outside);
    }
  }
};

/// Kernel for pairs with float sums, with the interface of float_pair. Each sum is accumulated in the order of the
/// window's inputs.
///
/// requires  finite inputs if a block of 16 filters extends over two groups, because inputs of the other group are then
///           multiplied by weights of 0
template <class In, class Weights, class Arch>
struct grouped_mac {
  using sum_type = float;
  using isa = detail::float_isa<Arch>;
  using layout = detail::grouped_layout<float>;
  using kernel = detail::grouped_kernel<isa, float>;
  using stored = detail::grouped_weights<float, In, Weights>;

  static constexpr const char* name(const geometry& g) noexcept {
    return detail::grouped_name(g, "depthwise mac", "grouped mac");
  }
  static constexpr const char* arch_name(const geometry&) noexcept {
    if constexpr (detail::has_float_batch<Arch>) return kernels::arch_name<batch_arch<Arch>>();
    else return kernels::arch_name<portable>();
  }
  [[nodiscard]] static constexpr std::size_t prepared_bytes(const geometry& g) noexcept { return stored::bytes(g); }
  [[nodiscard]] static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return layout(g).band_bytes() + kernel::image_bytes(g);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    stored::prepare(g, weights, prepared, [](int, const float*) {});
  }

  static void rows(const geometry& g, const std::byte* inputs, const std::byte*, const std::byte* prepared, float* sums,
                   std::byte* scratch, int first, int last) noexcept {
    assert(0 <= first && first <= last && last <= g.out.height && "rows of the output");
    if (first == last) return;
    const layout l(g);
    const int_range read = g.y_axis().reached({first, last});
    auto* band = reinterpret_cast<float*>(scratch);
    for (int y = read.first; y < read.last; ++y)
      detail::unpack_row<In::storage, In::bits, float_vector<Arch>>(g, inputs, y, l.band_columns(),
                                                                    band + (y - read.first) * l.band_row_numbers());
    kernel::run(g, l.with_padding(), band, read, reinterpret_cast<const float*>(prepared),
                reinterpret_cast<float*>(scratch + l.band_bytes()), first, last,
                detail::grouped_floats<isa>{g, sums, first});
  }
};

/// The kernel of a grouped convolution, for every pair of operands, with the interface of kernels::product.
template <class In, class Weights, class Arch>
struct grouped_product : with_sinks<grouped_mac<In, Weights, Arch>, Arch> {};

template <class In, class Weights, class Arch>
  requires(is_integer(In::storage) && is_integer(Weights::storage))
struct grouped_product<In, Weights, Arch> : grouped_dot<In, Weights, Arch> {};

}  // namespace minnow::kernels
