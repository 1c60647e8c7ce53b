#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/core/encoding.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/xnor_region.hpp>

/// The products of xnor_tile.hpp in standard C++, for processors without a rung of their own; derivations stand there.
namespace minnow::kernels::detail {

/// True where std::popcount of 64 bits is one cheap instruction; elsewhere it is a call or a dozen operations.
#ifdef __POPCNT__
inline constexpr bool has_popcount_instruction = true;
#else
inline constexpr bool has_popcount_instruction = false;
#endif

template <encoding In, encoding Weights>
struct xnor_scalar {
  static_assert(In == encoding::bit || In == encoding::ternary, "minnow: xnor takes bit or ternary inputs");
  static_assert(Weights == encoding::bit || Weights == encoding::ternary, "minnow: xnor takes bit or ternary weights");

  static constexpr int input_planes = kernels::input_planes<In>();
  static constexpr int weight_planes = kernels::weight_planes<Weights>();
  /// Of ternary inputs the words of two steps are not neighbours, and joining them costs more than popcount saves.
  static constexpr bool joins_steps = has_popcount_instruction && In == encoding::bit;
  static constexpr bool both_ternary = In == encoding::ternary && Weights == encoding::ternary;

  /// One block of weights, and what the differences are subtracted from: sum = base - 2 differences.
  struct panel {
    const word* weights;
    int filters;
    std::int32_t* sums;  // of pixel 0 in this block
    int stride;          // from one pixel's sums to the next
    std::int32_t base[block_filters];

    [[nodiscard]] std::int32_t* sums_of(std::ptrdiff_t pixel) const noexcept { return sums + pixel * stride; }
  };

  [[nodiscard]] static const word* inputs_of(const region& r, const word* inputs, std::ptrdiff_t step,
                                             int ky) noexcept {
    return inputs + (step + ky * r.input_row_steps()) * input_planes;
  }
  [[nodiscard]] static const word* weights_of(const region& r, const panel& p, int ky) noexcept {
    return p.weights + (r.weight_step() + ky * r.weight_row_steps()) * weight_planes * p.filters;
  }

  /// Where both a product is counted and it is -1; `common` where it is counted, for ternary x ternary.
  template <class Word>
  static constexpr Word differences_of(const Word* a, const Word* w, Word common) noexcept {
    if constexpr (both_ternary) return common & (a[1] ^ w[1]);
    if constexpr (In == encoding::ternary) return a[0] & (a[1] ^ w[0]);
    if constexpr (Weights == encoding::ternary) return w[0] & (a[0] ^ w[1]);
    return a[0] ^ w[0];
  }
  template <class Word>
  static constexpr Word common_of(const Word* a, const Word* w) noexcept {
    return both_ternary ? a[0] & w[0] : Word{0};
  }

  /// Counts of pairs, then of fours, then of each byte.
  static constexpr word byte_counts(word x) noexcept {
    x -= x >> 1 & 0x55555555u;
    x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
    return (x + (x >> 4)) & 0x0f0f0f0fu;
  }
  /// The four bytes of a lane may add up to 992, so they are added as two halves first.
  static constexpr std::int32_t add_bytes(word counts) noexcept {
    const word halves = (counts & 0x00ff00ffu) + (counts >> 8 & 0x00ff00ffu);
    return static_cast<std::int32_t>((halves & 0xffffu) + (halves >> 16));
  }

  static constexpr std::int32_t popcount(word x) noexcept {
    return has_popcount_instruction ? std::popcount(x) : add_bytes(byte_counts(x));
  }

  /// The part of the base that belongs to the filters: the valid inputs, or the weights among them that are not zero.
  static void set_base(const region& r, panel& p) noexcept {
    std::int32_t base[block_filters];  // a local array is one that the loops below cannot overlap
    for (std::int32_t& b : base) b = In == encoding::bit && Weights == encoding::bit ? r.valid_inputs() : 0;
    if constexpr (In == encoding::bit && Weights == encoding::ternary) {
      for (int ky = 0; ky < r.rows(); ++ky) {
        const word* n = weights_of(r, p, ky);
        for (int step = 0; step < r.segment_steps(); ++step, n += weight_planes * p.filters) {
          if (p.filters == block_filters) {
            for (int f = 0; f < block_filters; ++f) base[f] += popcount(n[f]);
          } else {
            for (int f = 0; f < p.filters; ++f) base[f] += popcount(n[f]);
          }
        }
      }
    }
    for (int f = 0; f < block_filters; ++f) p.base[f] = base[f];
  }

  /// The part that belongs to the window: the inputs that are not zero, of ternary x bit.
  [[nodiscard]] static std::int32_t base_of_window(const region& r, const word* inputs, std::ptrdiff_t step) noexcept {
    std::int32_t total = 0;
    if constexpr (In == encoding::ternary && Weights == encoding::bit) {
      for (int ky = 0; ky < r.rows(); ++ky) {
        const word* z = inputs_of(r, inputs, step, ky);
        for (int i = 0; i < r.segment_steps(); ++i) total += popcount(z[i * input_planes]);
      }
    }
    return total;
  }

  /// Without a popcount instruction, or with ternary inputs: bits are summed within each byte of a 32-bit lane, 16
  /// filters side by side in a loop that compilers vectorise. A byte gains at most 8 a step, so 31 steps fit before the
  /// bytes are added up.
  ///
  /// cost  about 13 operations per 32 bits, in as many lanes as the compiler finds
  static void pixel(const region& r, const panel& p, const word* inputs, int i, int first_row) noexcept {
    constexpr int capacity = 31;
    const std::ptrdiff_t first = r.input_step(i);
    const std::int32_t window = base_of_window(r, inputs, first);
    std::int32_t sums[block_filters];
    for (int f = 0; f < block_filters; ++f) sums[f] = p.base[f] + window;
    for (int ky = 0; ky < r.rows(); ++ky) {
      const word* a = inputs_of(r, inputs, first, ky);
      const word* w = weights_of(r, p, ky);
      for (int left = r.segment_steps(); left > 0;) {
        const int steps = left < capacity ? left : capacity;
        word differences[block_filters] = {};
        word common[block_filters] = {};
        // The same loop with a constant length is the one that vectorises.
        if (p.filters == block_filters) {
          count_bytes(a, w, steps, block_filters, differences, common);
        } else {
          count_bytes(a, w, steps, p.filters, differences, common);
        }
        for (int f = 0; f < block_filters; ++f) sums[f] += add_bytes(common[f]) - 2 * add_bytes(differences[f]);
        a += static_cast<std::ptrdiff_t>(steps) * input_planes;
        w += static_cast<std::ptrdiff_t>(steps) * weight_planes * p.filters;
        left -= steps;
      }
    }
    std::int32_t* to = p.sums_of(r.output_pixel(i, first_row));
    for (int f = 0; f < block_filters; ++f) to[f] = f < p.filters ? sums[f] : 0;
  }

  static void count_bytes(const word* a, const word* w, int steps, int filters, word* differences,
                          word* common) noexcept {
    for (int step = 0; step < steps; ++step, a += input_planes, w += weight_planes * filters) {
      for (int f = 0; f < filters; ++f) {
        word planes[weight_planes];
        for (int plane = 0; plane < weight_planes; ++plane) planes[plane] = w[plane * filters + f];
        const word both = common_of(a, planes);
        differences[f] += byte_counts(differences_of(a, planes, both));
        if constexpr (both_ternary) common[f] += byte_counts(both);
      }
    }
  }

  /// With one and bit inputs: two steps make 64 bits. A filter's words are joined once for all pixels of the tile; an odd last step
  /// stands alone above 32 zeros.
  ///
  /// cost  3 operations per 64 bits and pixel, and 4 per 64 bits for joining
  template <int Pixels>
  static void tile(const region& r, const panel& p, const word* inputs, int i, int first_row) noexcept {
    std::ptrdiff_t first[Pixels];
    std::int32_t* to[Pixels];
    std::int32_t window[Pixels];
    for (int q = 0; q < Pixels; ++q) {
      first[q] = r.input_step(i + q);
      to[q] = p.sums_of(r.output_pixel(i + q, first_row));
      window[q] = base_of_window(r, inputs, first[q]);
      for (int f = p.filters; f < block_filters; ++f) to[q][f] = 0;
    }
    const int steps = r.segment_steps();
    for (int f = 0; f < p.filters; ++f) {
      counts<Pixels> sums;
      for (int ky = 0; ky < r.rows(); ++ky) {
        const word* a[Pixels];
#pragma GCC unroll 8
        for (int q = 0; q < Pixels; ++q) a[q] = inputs_of(r, inputs, first[q], ky);
        const word* w = weights_of(r, p, ky) + f;
        int step = 0;
        for (; step + 2 <= steps; step += 2) sums.template add<true>(a, w, step, p.filters);
        if (step < steps) sums.template add<false>(a, w, step, p.filters);
      }
#pragma GCC unroll 8
      for (int q = 0; q < Pixels; ++q) to[q][f] = p.base[f] + window[q] + sums.common[q] - 2 * sums.differences[q];
    }
  }

  template <int Pixels>
  struct counts {
    std::int32_t differences[Pixels] = {};
    std::int32_t common[Pixels] = {};

    template <bool Two>
    void add(const word* const (&a)[Pixels], const word* w, int step, int filters) noexcept {
      const auto joined = [](const word* at, std::ptrdiff_t next) {
        return Two ? at[0] | static_cast<std::uint64_t>(at[next]) << 32 : std::uint64_t{at[0]};
      };
      std::uint64_t weight[weight_planes];
#pragma GCC unroll 8
      for (int plane = 0; plane < weight_planes; ++plane) {
        weight[plane] = joined(w + (static_cast<std::ptrdiff_t>(step) * weight_planes + plane) * filters,
                               static_cast<std::ptrdiff_t>(weight_planes) * filters);
      }
#pragma GCC unroll 8
      for (int q = 0; q < Pixels; ++q) {
        std::uint64_t input[input_planes];
#pragma GCC unroll 8
        for (int plane = 0; plane < input_planes; ++plane) {
          input[plane] = joined(a[q] + static_cast<std::ptrdiff_t>(step) * input_planes + plane, input_planes);
        }
        const std::uint64_t both = common_of(input, weight);
        differences[q] += std::popcount(differences_of(input, weight, both));
        if constexpr (both_ternary) common[q] += std::popcount(both);
      }
    }
  };

  static void run(const geometry& g, const word* inputs, const word* weights, std::int32_t* sums, int first_row,
                  int last_row) noexcept {
    const int filters = g.out.channels;
    const auto block_words =
        static_cast<std::ptrdiff_t>(weight_block_bytes<In, Weights>(g, block_filters) / sizeof(word));
    for (int block = 0; block < blocks(filters); ++block) {
      panel p{weights + block * block_words,
              filters_of(filters, block),
              sums + block * block_filters,
              sum_stride(filters),
              {}};
      for_each_region(g, first_row, last_row, [&](const region& r) {
        set_base(r, p);
        int i = 0;
        if constexpr (joins_steps) {
          for (; i + 4 <= r.pixels(); i += 4) tile<4>(r, p, inputs, i, first_row);
          for (; i < r.pixels(); ++i) tile<1>(r, p, inputs, i, first_row);
        } else {
          for (; i < r.pixels(); ++i) pixel(r, p, inputs, i, first_row);
        }
      });
    }
  }
};

}  // namespace minnow::kernels::detail
