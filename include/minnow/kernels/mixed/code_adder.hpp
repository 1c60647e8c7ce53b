#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/mixed/input_band.hpp>

/// Products of inputs of 1 to 4 bits and float weights in standard C++, without multiplications. The row of weights of
/// each input is added or subtracted, or left out if the input is 0.
///
/// The inputs are sorted by magnitude, one portion at a time and once for all filters. Then the rows of weights whose
/// inputs have the largest magnitude are added up, the sum is doubled by an addition, the rows of the next smaller
/// magnitude are added to it, and so on. So each row is doubled as often as its magnitude requires, and zeros are
/// skipped.
namespace minnow::kernels {

template <class In, class Weights>
struct code_adder {
  using code_type = std::int16_t;
  static constexpr int magnitudes = In::storage == encoding::power_of_two ? kernels::magnitudes(In::bits) : 1;
  /// Number of inputs that are sorted together. Their weights in one block of 16 filters, 8 KB, stay in the L1 cache
  /// while all magnitudes are added. Portion by portion, a block is read from beginning to end.
  static constexpr int portion = 128;
  static constexpr int tile = 8;  ///< number of pixels that use a block of weights while it is in the L2 cache

  static constexpr std::size_t panel_floats(const geometry& g) noexcept { return index(g.inputs()) * block_filters; }
  static constexpr std::size_t prepared_bytes(const geometry& g) noexcept {
    return panel_floats(g) * index(blocks(g.out.channels)) * sizeof(float);
  }
  /// Bytes of scratch memory: the sorted inputs of a tile, the codes of one window, and the codes of all inputs.
  static constexpr std::size_t scratch_bytes(const geometry& g) noexcept {
    return tile * portions(g.inputs()) * sizeof(sorted) +
           (index(g.inputs()) + detail::band_elements(g)) * sizeof(code_type);
  }
  static void prepare(const geometry& g, const std::byte* weights, std::byte* prepared) noexcept {
    auto* panels = reinterpret_cast<float*>(prepared);
    for (int block = 0; block < blocks(g.out.channels); ++block, panels += panel_floats(g))
      unpack_weight_block<In::storage, Weights::storage>(g, weights, block, panels);
  }

  /// Computes the sums of the output rows [first, last).
  ///
  /// requires  scratch_bytes(g) at `scratch` and prepared_bytes(g) at `prepared`, both aligned for float
  /// cost      2 operations per pixel, filter and nonzero input
  static void rows(const geometry& g, const std::byte* inputs, const std::byte*, const std::byte* prepared, float* sums,
                   std::byte* scratch, int first, int last) noexcept {
    assert(0 <= first && first <= last && last <= g.out.height && "rows of the output");
    if (first == last) return;
    const detail::band b = detail::band_of(g, first, last);
    const std::size_t most = portions(g.inputs());
    auto* windows = reinterpret_cast<sorted*>(scratch);
    auto* codes = reinterpret_cast<code_type*>(windows + tile * most);
    const code_type* image = detail::unpack_band<In::storage, In::bits, plain_floats>(g, b, inputs, codes + g.inputs());
    const int length = g.kernel.width * g.in.channels;
    detail::for_each_tile<tile>(g, b, image, first, last, [&](const auto& pixels, int count) {
      const int taps = pixels.ky_last - pixels.ky_first;
      for (int p = 0; p < count; ++p) {
        const code_type* from = pixels.from[p] + static_cast<std::ptrdiff_t>(pixels.ky_first) * b.width * g.in.channels;
        for (int ky = 0; ky < taps; ++ky)
          std::copy_n(from + static_cast<std::ptrdiff_t>(ky) * b.width * g.in.channels, length, codes + ky * length);
        sorted* window = windows + index(p) * most;
        for (int k = 0; k < taps * length; k += portion)
          sort(codes + k, std::min(portion, taps * length - k), *window++);
      }
      const auto* panel = reinterpret_cast<const float*>(prepared) +
                          static_cast<std::ptrdiff_t>(pixels.ky_first) * length * block_filters;
      for (int block = 0; block < blocks(g.out.channels); ++block, panel += panel_floats(g)) {
        for (int p = 0; p < count; ++p) {
          add_window(windows + index(p) * most, portions(taps * length), panel,
                     sums + pixels.to[p] * sum_stride(g.out.channels) + block * block_filters);
        }
      }
    });
  }

private:
  /// Inputs of a portion, sorted by magnitude, the smallest first and zeros last. The entry of input i is 2i, or 2i + 1
  /// if its code is negative.
  struct sorted {
    word ends[index(magnitudes)];  ///< index after the last entry of each magnitude
    std::uint16_t entries[portion];
  };

  static constexpr std::size_t portions(int inputs) noexcept { return index(ceil_div(inputs, portion)); }

  static void sort(const code_type* codes, int count, sorted& to) noexcept {
    // A zero is sorted after the largest magnitude, without a branch: a branch for zeros at random positions would
    // often be mispredicted.
    const auto magnitude_of = [](word code) { return std::min(std::countr_zero(code), magnitudes); };
    const auto code_at = [=](int i) { return static_cast<word>(static_cast<std::int32_t>(codes[i])); };
    word next[index(magnitudes + 1)] = {};
    for (int i = 0; i < count; ++i) ++next[magnitude_of(code_at(i))];
    word begin = 0;
    for (word& place : next) begin += std::exchange(place, begin);
    for (int i = 0; i < count; ++i) {
      const word code = code_at(i);
      to.entries[next[magnitude_of(code)]++] = static_cast<std::uint16_t>(static_cast<word>(i) * 2 + (code >> 31));
    }
    std::copy_n(next, magnitudes, to.ends);
  }

  /// Computes the sums of one pixel for one block of filters: panel (K, 16) -> to (16).
  static void add_window(const sorted* window, std::size_t count, const float* panel, float* to) noexcept {
    float total[block_filters] = {};
    for (; count > 0; --count, ++window, panel += portion * block_filters) {
      float sums[block_filters] = {};  // a local array, which compilers keep in registers
      for (int magnitude = magnitudes; magnitude-- > 0;) {
        for (float& sum : sums) sum += sum;
        for (word i = magnitude > 0 ? window->ends[magnitude - 1] : 0; i < window->ends[magnitude]; ++i) {
          const word entry = window->entries[i], sign = entry << 31;
          const float* row = panel + (entry / 2) * block_filters;
          for (int f = 0; f < block_filters; ++f) sums[f] += std::bit_cast<float>(std::bit_cast<word>(row[f]) ^ sign);
        }
      }
      for (int f = 0; f < block_filters; ++f) total[f] += sums[f];
    }
    std::copy_n(total, block_filters, to);
  }
};

}  // namespace minnow::kernels
