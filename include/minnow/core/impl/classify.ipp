#pragma once

#include <minnow/core/classify.hpp>

#include <algorithm>
#include <cstddef>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>

namespace minnow {

MINNOW_INLINE std::vector<prediction> top_k(std::span<const float> logits, int k) {
  const float largest = logits.empty() ? 0.0f : logits[index(argmax(logits))];
  // Handles logits that equal the largest one first. If both are infinite, their difference is NaN, although the result
  // must be 1.
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

MINNOW_INLINE double accuracy(std::span<const int> predictions, std::span<const int> labels) {
  if (predictions.size() != labels.size())
    require(status::failure("accuracy: expected as many labels as predictions, found %zu labels and %zu predictions",
                            labels.size(), predictions.size()));
  std::size_t correct = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) correct += predictions[i] == labels[i];
  return predictions.empty() ? 0.0 : static_cast<double>(correct) / static_cast<double>(predictions.size());
}

}  // namespace minnow
