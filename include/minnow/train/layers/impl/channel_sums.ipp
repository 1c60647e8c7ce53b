#pragma once

#include <minnow/train/layers/channel_sums.hpp>

#include <minnow/core/compiled.hpp>

namespace minnow::detail {

MINNOW_INLINE double channel_sums::over(reduction* ranks, double rows) {
  if (ranks == nullptr) return rows;
  totals_.push_back(rows);
  ranks->sum(totals_);
  rows = totals_.back();
  totals_.pop_back();
  return rows;
}

}  // namespace minnow::detail
