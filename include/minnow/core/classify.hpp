#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <minnow/core/error.hpp>

namespace minnow {

/// The index of the largest logit; if several are equal, the index of the first of them. A NaN is never chosen over a
/// number. Returns 0 if there are no logits.
[[nodiscard]] inline int argmax(std::span<const float> logits) noexcept {
  std::size_t best = 0;
  for (std::size_t c = 1; c < logits.size(); ++c)
    if (logits[c] > logits[best] || (std::isnan(logits[best]) && !std::isnan(logits[c]))) best = c;
  return static_cast<int>(best);
}

/// A class and its softmax probability.
struct prediction {
  int label = 0;
  float probability = 0;
};

/// The k most probable classes, the most probable first. Returns no classes if k is below 1, and all classes if there
/// are fewer than k. A NaN has probability 0. If the largest logit is infinite, the logits equal to it share the
/// probability equally and all other classes have probability 0.
[[nodiscard]] std::vector<prediction> top_k(std::span<const float> logits, int k);

/// The fraction of predictions that equal their labels; 0 if there are no predictions.
///
/// throws  if the numbers of labels and predictions differ
[[nodiscard]] double accuracy(std::span<const int> predictions, std::span<const int> labels);

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/core/impl/classify.ipp>
#endif
