#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/input_band.hpp>
#include <minnow/kernels/region.hpp>

/// Order of the inputs and weights of a grouped convolution. Each lane of a vector is a filter.
///
/// A window has kw · C numbers for each kernel row and group, where kw is the kernel width and C is the number of
/// channels of one group. These numbers are divided into steps of 32 bits, that is four bytes or one float. A step
/// multiplies inputs and weights in each lane. So even with few channels, the taps (kernel positions) fill a dot
/// product of bytes: a depthwise kernel row of three taps is one step.
///
/// Groups of 16 or more filters: all lanes multiply the same inputs, which are broadcast. A block that extends over two
/// groups has steps for both groups, with weights of 0 for the filters of the other group.
///
/// Smaller groups: each lane has separate inputs, which are copied to the lane's position in the vector. With one
/// channel per group there is a step for each input column. For bytes a step holds that column and the next three, and
/// a window uses every fourth step. For floats a step holds only that column, and a window uses all of its steps. With
/// several channels per group each window has separate steps. In both cases the steps of an input row serve all kernel
/// rows that read this row.
namespace minnow::kernels::detail {

/// Number   std::byte for codes, or float
template <class Number>
class grouped_layout {
public:
  static constexpr bool floats = std::is_same_v<Number, float>;
  static constexpr int per_step = static_cast<int>(4 / sizeof(Number));
  /// The data of one step in one lane.
  using word = std::conditional_t<floats, float, std::int32_t>;

  const geometry& g;
  const int channels;                                ///< of a group
  const int filters;                                 ///< of a group
  const bool spreads = filters < block_filters;      ///< true if each lane has separate inputs
  const bool by_columns = spreads && channels == 1;  ///< true if steps belong to input columns, not to windows
  const int spans =
      spreads || filters % block_filters == 0 ? 1 : 2;  ///< groups that a block may extend over, if lanes share inputs
  const int row_numbers;                                ///< numbers in one kernel row of one group
  const int group_steps = ceil_div(row_numbers, per_step);
  const int row_steps = spans * group_steps;

  explicit constexpr grouped_layout(const geometry& of) noexcept
      : g(of), channels(of.group_channels()), filters(of.group_filters()), row_numbers(of.kernel.width * channels) {}

  /// Order of the weights: words [block][kernel row][step][16].
  [[nodiscard]] constexpr std::ptrdiff_t weight_row_words() const noexcept {
    return static_cast<std::ptrdiff_t>(row_steps) * block_filters;
  }
  [[nodiscard]] constexpr std::ptrdiff_t block_words() const noexcept { return g.kernel.height * weight_row_words(); }
  [[nodiscard]] constexpr std::size_t weight_words() const noexcept {
    return index(blocks(g.out.channels)) * index(block_words());
  }

  /// Order of the unpacked map: numbers [row][column][channel]. A row has columns of padding on both sides and a few
  /// more columns at the right, which its last step may read.
  [[nodiscard]] constexpr int band_columns() const noexcept { return band_width(g) + 2 * (per_step - 1); }
  /// The geometry in which the image includes the padding on the left and right.
  [[nodiscard]] constexpr geometry with_padding() const noexcept {
    geometry all = g;
    all.in.width = band_width(g);
    all.padding.width = 0;
    return all;
  }
  [[nodiscard]] constexpr std::ptrdiff_t pixel_numbers() const noexcept {
    return floats ? g.in.channels : 4 * channel_quads(g.in.channels);
  }
  [[nodiscard]] constexpr std::ptrdiff_t band_row_numbers() const noexcept { return band_columns() * pixel_numbers(); }
  [[nodiscard]] constexpr std::size_t band_bytes() const noexcept {
    return round_up(index(g.in.height * band_row_numbers()) * sizeof(Number) + 64, 64);
  }

  /// Order of the inputs for a panel of `lanes` filters: words [row][column][lanes] if steps belong to input columns,
  /// [row][output column][step][lanes] if they belong to windows, or [row][output column][step] if lanes share inputs.
  [[nodiscard]] constexpr int step_columns() const noexcept {
    return (g.out.width - 1) * g.stride.width + (group_steps - 1) * per_step + 1;
  }
  [[nodiscard]] constexpr std::ptrdiff_t next_pixel(int lanes) const noexcept {
    if (by_columns) return static_cast<std::ptrdiff_t>(g.stride.width) * lanes;
    return static_cast<std::ptrdiff_t>(row_steps) * (spreads ? lanes : 1);
  }
  [[nodiscard]] constexpr std::ptrdiff_t next_step(int lanes) const noexcept {
    return by_columns ? static_cast<std::ptrdiff_t>(per_step) * lanes : spreads ? lanes : 1;
  }
  [[nodiscard]] constexpr std::ptrdiff_t image_row_words(int lanes) const noexcept {
    return by_columns ? static_cast<std::ptrdiff_t>(step_columns()) * lanes : g.out.width * next_pixel(lanes);
  }
  /// Number of output rows whose inputs are in memory together: as many as fit in 32 KB, but at least 6, because input
  /// rows that two consecutive sets of output rows share must be moved in memory.
  [[nodiscard]] constexpr int rows_together(int lanes) const noexcept {
    constexpr int most = 1 << 13, fewest = 6;
    const auto rows = static_cast<int>(most / std::max<std::ptrdiff_t>(image_row_words(lanes), 1));
    const int fit = axis{rows, g.kernel.height, g.stride.height, 0}.positions();
    return (std::min)((std::max)(fit, fewest), (std::max)(g.out.height, 1));
  }
  [[nodiscard]] constexpr std::size_t image_bytes(int lanes) const noexcept {
    const int rows = g.y_axis().covered(rows_together(lanes));
    return index(rows * image_row_words(lanes)) * sizeof(word);
  }

  /// Packs the codes (K, 16) of a block into the block's words.
  template <class Code>
  void put_weights(int block, const Code* codes, word* to) const noexcept {
    std::fill_n(to, block_words(), word{});
    auto* numbers = reinterpret_cast<std::byte*>(to);
    for (int span = 0; span < spans; ++span)
      for (int lane = 0; lane < filters_of(g.out.channels, block); ++lane) {
        if (!spreads && group_of(block * block_filters + lane) != group_of(block * block_filters) + span) continue;
        for (int ky = 0; ky < g.kernel.height; ++ky)
          for (int n = 0; n < row_numbers; ++n) {
            const Code code = codes[(ky * row_numbers + n) * block_filters + lane];
            const std::ptrdiff_t step = ky * row_steps + span * group_steps + n / per_step;
            std::memcpy(
                numbers + ((step * block_filters + lane) * per_step + n % per_step) * static_cast<int>(sizeof(Number)),
                &code, sizeof(Number));
          }
      }
  }

  /// The filters from `channel` on, and the first channel of each filter's group in a pixel.
  struct panel {
    int group;  ///< of the first filter
    int used;   ///< number of lanes that have a filter
    int lanes;
    int first_channel[2 * block_filters];
  };
  [[nodiscard]] constexpr panel panel_of(int channel, int lanes) const noexcept {
    panel p{group_of(channel), std::min(lanes, g.out.channels - channel), lanes, {}};
    for (int lane = 0; lane < p.used; ++lane) p.first_channel[lane] = group_of(channel + lane) * channels;
    return p;
  }

  /// Copies one row of the unpacked map into the order of the inputs for a panel. Lanes without a filter hold arbitrary
  /// bytes or a float of 0; their weights are 0.
  void put_inputs(const Number* row, const panel& p, word* to) const noexcept {
    if (!spreads) share_inputs(row, p.group, to);
    else if (by_columns) spread_columns(row, p, to);
    else spread_windows(row, p, to);
  }

private:
  [[nodiscard]] constexpr int group_of(int filter) const noexcept { return filter / filters; }

  /// The bit at which byte i of a word in memory starts.
  static constexpr int shift_of(int i) noexcept {
    return std::endian::native == std::endian::little ? 8 * i : 24 - 8 * i;
  }

  void spread_columns(const float* row, const panel& p, float* to) const noexcept {
    const std::ptrdiff_t pixel = pixel_numbers();
    const int columns = step_columns();
    for (int x = 0; x < columns; ++x, row += pixel, to += p.lanes) {
      if (filters == 1) std::copy_n(row + p.first_channel[0], p.used, to);
      else
        for (int lane = 0; lane < p.used; ++lane) to[lane] = row[p.first_channel[lane]];
      std::fill(to + p.used, to + p.lanes, 0.0f);
    }
  }

  void spread_columns(const std::byte* row, const panel& p, std::int32_t* to) const noexcept {
    for (int lane = 0; lane < p.lanes; lane += block_filters) {
      const int* first = p.first_channel + lane;
      const auto neighbors = [&](const std::byte* pixel, std::uint8_t* bytes) {
        std::memcpy(bytes, pixel + p.first_channel[0] + lane, block_filters);
      };
      const auto apart = [&](const std::byte* pixel, std::uint8_t* bytes) {
        for (int f = 0; f < block_filters; ++f) bytes[f] = static_cast<std::uint8_t>(pixel[first[f]]);
      };
      if (filters == 1) spread_block(row, pixel_numbers(), step_columns(), neighbors, p.lanes, to + lane);
      else spread_block(row, pixel_numbers(), step_columns(), apart, p.lanes, to + lane);
    }
  }
  /// Stores the quads (inputs of four adjacent columns) of a block, for one column after another. From one column to
  /// the next, a quad loses one byte and gains one. The quads are kept in a local array, which compilers hold in
  /// registers.
  template <class Load>
  static void spread_block(const std::byte* from, std::ptrdiff_t pixel, int columns, const Load& load, int lanes,
                           std::int32_t* to) noexcept {
    std::uint32_t quads[block_filters] = {};
    for (int x = 1 - per_step; x < columns; ++x, from += pixel) {
      std::uint8_t bytes[block_filters];
      load(from, bytes);
      for (int f = 0; f < block_filters; ++f) {
        const auto gained = static_cast<std::uint32_t>(bytes[f]);
        if constexpr (std::endian::native == std::endian::little) quads[f] = quads[f] >> 8 | gained << 24;
        else quads[f] = quads[f] << 8 | gained;
      }
      if (x < 0) continue;
      std::memcpy(to, quads, sizeof(quads));
      to += lanes;
    }
  }

  void spread_windows(const Number* row, const panel& p, word* to) const noexcept {
    const std::ptrdiff_t pixel = pixel_numbers();
    for (int ox = 0; ox < g.out.width; ++ox) {
      const Number* tap = row + ox * g.stride.width * pixel;
      int c = 0;
      for (int step = 0; step < group_steps; ++step, to += p.lanes) {
        const bool neighbors = c + per_step <= channels;
        const Number* from[index(per_step)];
        for (int i = 0; i < per_step; ++i) {
          from[i] = tap + c;
          if (++c == channels) {
            c = 0;
            tap += pixel;
          }
        }
        std::fill(to + p.used, to + p.lanes, word{});
        if (neighbors) {
          for (int lane = 0; lane < p.used; ++lane)
            std::memcpy(to + lane, from[0] + p.first_channel[lane], sizeof(word));
        } else if constexpr (!floats) {
          for (int lane = 0; lane < p.used; ++lane) {
            std::uint32_t quad = 0;
            for (int i = 0; i < per_step; ++i)
              quad |= static_cast<std::uint32_t>(from[i][p.first_channel[lane]]) << shift_of(i);
            to[lane] = static_cast<std::int32_t>(quad);
          }
        }
      }
    }
  }

  void share_inputs(const Number* row, int group, word* to) const noexcept {
    const std::ptrdiff_t pixel = pixel_numbers();
    const std::size_t bytes = index(channels) * sizeof(Number);
    for (int ox = 0; ox < g.out.width; ++ox)
      for (int span = 0; span < spans; ++span, to += group_steps) {
        to[group_steps - 1] = word{};
        if (group + span >= g.groups) {
          std::fill_n(to, group_steps, word{});
          continue;
        }
        const Number* tap = row + ox * g.stride.width * pixel + (group + span) * channels;
        auto* numbers = reinterpret_cast<std::byte*>(to);
        for (int kx = 0; kx < g.kernel.width; ++kx, tap += pixel, numbers += bytes) std::memcpy(numbers, tap, bytes);
      }
  }
};

}  // namespace minnow::kernels::detail
