#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/reduction.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

/// Sums over all rows (pixels) of a batch, one for each channel. Blocks of a fixed number of rows are summed in floats,
/// and the sums of the blocks are added in doubles, from the first block to the last. This keeps rounding errors small
/// and the result independent of the number of threads.
class channel_sums {
public:
  /// Calls body(offset, channel, count, add) for each SIMD vector of each row, with the vector's offset in the batch,
  /// its first channel and its number of channels. add(k, v) adds v to sum k of these channels, with 0 <= k < Sums.
  template <int Sums, class Body>
  void run(std::size_t rows, int channels, Body&& body) {
    constexpr std::size_t block = 128;
    const int blocks = static_cast<int>((rows + block - 1) / block);
    clear(Sums, blocks, channels);
    parallel_for(blocks, [&](int b) {
      float* sums = partial_.data() + index(b) * Sums * width_;
      const std::size_t first = index(b) * block;
      for (std::size_t row = first; row < std::min(rows, first + block); ++row)
        for_vectors(channels, [&](int c, auto count) {
          body(row * index(channels) + index(c), c, count, [&](int k, const vector& v) {
            float* at = sums + index(k) * width_ + c;
            store(at, load(at, whole{}) + v, whole{});
          });
        });
    });
    add_blocks(Sums, blocks);
  }

  /// Adds up the totals over all ranks; does nothing if `ranks` is null.
  ///
  /// rows     number of rows of this rank
  /// returns  number of rows of all ranks
  double over(reduction* ranks, double rows);

  [[nodiscard]] double total(int sum, int channel) const noexcept {
    return totals_[index(sum) * width_ + index(channel)];
  }

private:
  /// Sets the sums of all blocks to 0.
  void clear(int sums, int blocks, int channels);
  /// Adds the sums of the blocks to the totals.
  void add_blocks(int sums, int blocks);

  std::size_t width_ = 0;
  std::vector<float> partial_;
  std::vector<double> totals_;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/channel_sums.ipp>
#endif
