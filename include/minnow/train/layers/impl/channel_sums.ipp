#pragma once

#include <minnow/train/layers/channel_sums.hpp>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_INLINE double channel_sums::over(reduction* ranks, double rows) {
  if (ranks == nullptr) return rows;
  totals_.push_back(rows);
  ranks->sum(totals_);
  rows = totals_.back();
  totals_.pop_back();
  return rows;
}

MINNOW_INLINE void channel_sums::clear(int sums, int blocks, int channels) {
  width_ = index((channels + lanes - 1) / lanes * lanes);
  partial_.assign(index(blocks) * index(sums) * width_, 0.0f);
}

MINNOW_INLINE void channel_sums::add_blocks(int sums, int blocks) {
  const std::size_t size = index(sums) * width_;
  totals_.assign(size, 0.0);
  for (int b = 0; b < blocks; ++b)
    for (std::size_t i = 0; i < size; ++i) totals_[i] += static_cast<double>(partial_[index(b) * size + i]);
}

}  // namespace minnow::detail
