#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/kernels/float_transpose.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/table_index.hpp>
#include <minnow/train/kernel_calls.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

/// The gradient of the weights of a product whose inputs are bits, by the tables of partial sums of
/// the packed network's float kernels.
///
/// For each filter f, tap t and channel c it is the sum over the positions p of g[p][f] * a[p + t][c]. Five neighbouring
/// positions have 32 signed sums of g, one table for each filter, and five bits of the channel's stream say which one: so
/// lanes are channels, the stream of another tap is the same one shifted, and "weights" are what stands at the inputs.
///
/// Positions run through the padded map line by line, (H', W + 2 · padding), so that a tap is one shift for all of them;
/// those between two lines of outputs have g = 0. Padding is no number that a bit could be: it is taken for -1, and what
/// that adds is taken off again.
///
/// Of a dense layer images are the positions.
class table_weight_gradient {
  using index = kernels::detail::table_index<encoding::bit, 3>;
  using bit = kernels::operand<encoding::bit>;
  static constexpr int filters_together = kernels::block_filters;
  static constexpr int of_word = index::group * index::per_word;  // positions

public:
  /// One line of positions for each line of outputs, all of an image together, in words of 30.
  explicit table_weight_gradient(const geometry& g)
      : g_(g), dense_(is_dense(g)), width_(dense_ ? 1 : g.in.width + 2 * g.padding.width) {
    if constexpr (has_fast_tables<bit>)
      usable_ = (dense_ || g.stride == extent{1, 1}) && channels() % kernels::block_filters == 0 &&
                g.out.channels % filters_together == 0;
  }
  [[nodiscard]] bool usable() const noexcept { return usable_; }

  /// in (N,H,W,C) of codes ±1, grad_out (N,H',W',F) -> gradient (F,kh,kw,C), overwritten.
  void run(int images, const float* in, const float* grad_out, float* gradient) {
    if constexpr (has_fast_tables<bit>) {
      std::fill_n(gradient, static_cast<std::size_t>(g_.weights()), 0.0f);
      const int maps = dense_ ? 1 : images;
      const int positions = dense_ ? images : (g_.out.height - 1) * width_ + g_.out.width;
      const int words = ceil_div(positions, of_word);
      const int together = std::clamp(positions_together / (words * of_word), 1, maps);
      for (int first = 0; first < maps; first += together)
        add_maps<bit>(first, std::min(together, maps - first), positions, words, in, grad_out, gradient);
      if (!dense_) take_off_padding(images, grad_out, gradient);
    }
  }

private:
  static constexpr int positions_together = 1080;  // whose tables, of 16 filters, stay in the second cache

  [[nodiscard]] int channels() const noexcept { return dense_ ? g_.in.size() : g_.in.channels; }
  [[nodiscard]] int taps() const noexcept { return dense_ ? 1 : g_.kernel.height * g_.kernel.width; }

  /// Adds some maps' part. A template, as elsewhere there are no such tables to name.
  template <class Bit>
  void add_maps(int first, int maps, int positions, int words, const float* in, const float* grad_out, float* gradient) {
    using tables = typename float_product<Bit>::tables;
    const int blocks = channels() / kernels::block_filters;
    const int columns = taps() * channels();
    const int all_words = maps * words;
    words_.resize(static_cast<std::size_t>(taps() * blocks) * static_cast<std::size_t>(all_words * kernels::block_filters));
    const int in_pixels = dense_ ? positions : g_.in.pixels();
    const int out_pixels = dense_ ? positions : g_.out.pixels();
    parallel_for(maps * blocks, [&](int item) {
      const int map = item / blocks;
      const int block = item % blocks;
      const float* from = in + static_cast<std::size_t>(first + map) * static_cast<std::size_t>(in_pixels * channels());
      write_words(from + block * kernels::block_filters, block, positions, words, all_words,
                  words_.data() + static_cast<std::ptrdiff_t>(map * words) * kernels::block_filters);
    });
    // The filters are the pixels of a product whose channels are positions and whose filters are taps and channels.
    const int length = all_words * of_word;
    const geometry of_product = window_over({1, filters_together, length}, columns, {1, 1}, {1, 1}, {0, 0});
    const std::size_t rows_bytes = static_cast<std::size_t>(filters_together * length) * sizeof(float);
    const std::size_t sums_bytes = static_cast<std::size_t>(filters_together * columns) * sizeof(float);
    parallel_for(g_.out.channels / filters_together, [&](int chunk) {
      std::byte* scratch = scratch_of_thread(rows_bytes + sums_bytes + tables::scratch_bytes(of_product) + 192);
      auto* rows = reinterpret_cast<float*>(scratch);
      auto* sums = reinterpret_cast<float*>(scratch + round_up(rows_bytes, 64));
      std::byte* room = scratch + round_up(rows_bytes, 64) + round_up(sums_bytes, 64);
      std::fill_n(rows, filters_together * length, 0.0f);
      for (int map = 0; map < maps; ++map) {
        const float* from = grad_out + static_cast<std::size_t>(first + map) * static_cast<std::size_t>(out_pixels * g_.out.channels) +
                            chunk * filters_together;
        write_rows(from, positions, length, rows + map * words * of_word);
      }
      tables::rows(of_product, reinterpret_cast<const std::byte*>(rows), nullptr,
                            reinterpret_cast<const std::byte*>(words_.data()), sums, room, 0, 1);
      float* to = gradient + static_cast<std::size_t>(chunk * filters_together) * static_cast<std::size_t>(columns);
      for_vectors(filters_together * columns, [&](int i, auto count) { store(to + i, load(to + i, count) + load(sums + i, count), count); });
    });
  }

  /// grad_out's 16 filters of one map -> rows [filter][positions], `length` apart; what stands between lines stays 0.
  void write_rows(const float* from, int positions, int length, float* rows) const noexcept {
    const auto line = [&](const float* pixels, int count, int at) {
      kernels::transpose<kernels::best>(pixels, static_cast<std::size_t>(g_.out.channels), count, filters_together, rows + at,
                                        static_cast<std::size_t>(length));
    };
    if (dense_) return line(from, positions, 0);
    for (int y = 0; y < g_.out.height; ++y)
      line(from + static_cast<std::ptrdiff_t>(y) * g_.out.width * g_.out.channels, g_.out.width, y * width_);
  }

  /// 16 channels of one map -> the words of all taps, each channel's next 30 positions in a lane.
  void write_words(const float* from, int block, int positions, int words, int all_words, word* to) const {
    const int padded = dense_ ? positions : (g_.in.height + 2 * g_.padding.height) * width_;
    thread_local std::vector<word> stream;
    stream.assign(static_cast<std::size_t>((std::max(padded, words * of_word + (dense_ ? 0 : reach())) / word_bits + 2) * kernels::block_filters), 0);
    const auto put = [&](int position, const float* pixel) {
      word* at = stream.data() + static_cast<std::ptrdiff_t>(position / word_bits) * kernels::block_filters;
      const word mask = word{1} << position % word_bits;
      for (int c = 0; c < kernels::block_filters; ++c) at[c] |= pixel[c] > 0 ? mask : word{0};
    };
    if (dense_) {
      for (int n = 0; n < positions; ++n) put(n, from + static_cast<std::ptrdiff_t>(n) * channels());
    } else {
      for (int y = 0; y < g_.in.height; ++y)
        for (int x = 0; x < g_.in.width; ++x)
          put((y + g_.padding.height) * width_ + x + g_.padding.width,
              from + static_cast<std::ptrdiff_t>(y * g_.in.width + x) * channels());
    }
    const int blocks = channels() / kernels::block_filters;
    for (int tap = 0; tap < taps(); ++tap) {
      const int shift = dense_ ? 0 : tap / g_.kernel.width * width_ + tap % g_.kernel.width;
      word* row = to + static_cast<std::ptrdiff_t>(tap * blocks + block) * all_words * kernels::block_filters;
      for (int w = 0; w < words; ++w, row += kernels::block_filters) {
        const int at = w * of_word + shift;
        const word* low = stream.data() + static_cast<std::ptrdiff_t>(at / word_bits) * kernels::block_filters;
        const int right = at % word_bits;
        for (int c = 0; c < kernels::block_filters; ++c)
          row[c] = static_cast<word>((static_cast<std::uint64_t>(low[kernels::block_filters + c]) << word_bits | low[c]) >> right);
      }
    }
  }
  /// The farthest tap.
  [[nodiscard]] int reach() const noexcept { return (g_.kernel.height - 1) * width_ + g_.kernel.width - 1; }

  /// Where a tap stands outside the image the tables counted -g.
  void take_off_padding(int images, const float* grad_out, float* gradient) const {
    const int filters = g_.out.channels;
    const int columns = taps() * channels();
    parallel_for(taps(), [&](int tap) {
      const int ky = tap / g_.kernel.width - g_.padding.height;
      const int kx = tap % g_.kernel.width - g_.padding.width;
      thread_local std::vector<float> outside;
      outside.assign(static_cast<std::size_t>(filters), 0.0f);
      for (int n = 0; n < images; ++n)
        for (int y = 0; y < g_.out.height; ++y)
          for (int x = 0; x < g_.out.width; ++x) {
            const bool row_inside = y + ky >= 0 && y + ky < g_.in.height;
            // Of a row inside the image only its ends can be outside.
            if (row_inside && x + kx >= 0 && x + kx < g_.in.width) {
              x = std::max(x, g_.in.width - kx - 1);
              continue;
            }
            const float* g = grad_out + static_cast<std::size_t>((n * g_.out.height + y) * g_.out.width + x) * static_cast<std::size_t>(filters);
            for_vectors(filters, [&](int f, auto count) { store(outside.data() + f, load(outside.data() + f, count) + load(g + f, count), count); });
          }
      for (int f = 0; f < filters; ++f) {
        float* to = gradient + static_cast<std::size_t>(f) * static_cast<std::size_t>(columns) + static_cast<std::size_t>(tap * channels());
        const vector more(outside[static_cast<std::size_t>(f)]);
        for_vectors(channels(), [&](int c, auto count) { store(to + c, load(to + c, count) + more, count); });
      }
    });
  }

  geometry g_;
  bool dense_;
  int width_;  ///< positions from one line to the next
  bool usable_ = false;
  std::vector<word> words_;
};

}  // namespace minnow::detail
