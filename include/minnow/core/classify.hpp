#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>

namespace minnow {

/// The index of the largest logit, and of the first one among equals. A NaN is never chosen over a number. Returns 0 if
/// there are no logits.
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

/// The k most probable classes, the most probable first. Returns none if k is below 1, and all classes if there are
/// fewer than k. A NaN has probability 0. If the largest logit is infinite, the logits equal to it share the
/// probability equally and all other classes have probability 0.
[[nodiscard]] inline std::vector<prediction> top_k(std::span<const float> logits, int k) {
  const float largest = logits.empty() ? 0.0f : logits[index(argmax(logits))];
  // Handles equal logits first: the difference of equal infinities is NaN, but their ratio is 1.
  const auto relative = [largest](float z) {
    if (z == largest) return 1.0;
    return std::isnan(z) ? 0.0 : std::exp(static_cast<double>(z) - static_cast<double>(largest));
  };
  double sum = 0;
  for (const float z : logits) sum += relative(z);
  std::vector<prediction> all(logits.size());
  for (std::size_t c = 0; c < logits.size(); ++c)
    all[c] = {static_cast<int>(c), sum > 0 ? static_cast<float>(relative(logits[c]) / sum) : 0.0f};
  const auto count = static_cast<std::ptrdiff_t>(std::min(index(std::max(k, 0)), all.size()));
  std::partial_sort(all.begin(), all.begin() + count, all.end(), [](const prediction& a, const prediction& b) {
    return a.probability > b.probability || (a.probability == b.probability && a.label < b.label);
  });
  all.resize(index(count));
  return all;
}

/// The fraction of predictions that equal their labels; 0 if there are no predictions.
///
/// throws  if the numbers of labels and predictions differ
[[nodiscard]] inline double accuracy(std::span<const int> predictions, std::span<const int> labels) {
  if (predictions.size() != labels.size())
    require(status::failure("accuracy: expected as many labels as predictions, found %zu labels and %zu predictions",
                            labels.size(), predictions.size()));
  std::size_t correct = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) correct += predictions[i] == labels[i];
  return predictions.empty() ? 0.0 : static_cast<double>(correct) / static_cast<double>(predictions.size());
}

}  // namespace minnow
