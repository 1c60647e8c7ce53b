#pragma once

#include <minnow/train/loss.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <minnow/core/classify.hpp>
#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>

namespace minnow {

namespace detail {

/// Calls row(logits, label, gradient) for each image and returns the mean of the results.
///
/// throws  sizes that do not match; a label that is not from 0 to classes-1
template <class Row>
double mean_over_rows(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient,
                      Row&& row) {
  if (labels.empty() || logits.empty() || logits.size() % labels.size() != 0 || gradient.size() != logits.size())
    require(
        status::failure("loss: expected the same number of logits and gradients for each of the labels, found %zu "
                        "logits, %zu gradients and %zu labels",
                        logits.size(), gradient.size(), labels.size()));
  const std::size_t classes = logits.size() / labels.size();
  for (const int label : labels)
    if (label < 0 || index(label) >= classes)
      require(status::failure("loss: expected labels from 0 to %zu, found %d", classes - 1, label));
  double sum = 0;
  for (std::size_t n = 0; n < labels.size(); ++n)
    sum += row(logits.subspan(n * classes, classes), index(labels[n]), gradient.subspan(n * classes, classes));
  return sum / static_cast<double>(labels.size());
}

}  // namespace detail

MINNOW_INLINE double cross_entropy::operator()(std::span<const float> logits, std::span<const int> labels,
                                               std::span<float> gradient) const {
  const double images = static_cast<double>(labels.size());
  return detail::mean_over_rows(logits, labels, gradient, [&](auto z, std::size_t label, auto g) {
    const double largest = static_cast<double>(z[index(argmax(z))]);
    double sum = 0;
    for (const float v : z) sum += std::exp(static_cast<double>(v) - largest);
    for (std::size_t c = 0; c < z.size(); ++c)
      g[c] = static_cast<float>((std::exp(static_cast<double>(z[c]) - largest) / sum - (c == label ? 1 : 0)) / images);
    return std::log(sum) + largest - static_cast<double>(z[label]);
  });
}

MINNOW_INLINE double squared_hinge::operator()(std::span<const float> logits, std::span<const int> labels,
                                               std::span<float> gradient) const {
  const double numbers = static_cast<double>(logits.size());
  return detail::mean_over_rows(logits, labels, gradient, [&](auto z, std::size_t label, auto g) {
    double sum = 0;
    for (std::size_t c = 0; c < z.size(); ++c) {
      const double t = c == label ? 1 : -1;
      const double margin = std::max(1 - t * static_cast<double>(z[c]), 0.0);  // keeps a NaN, unlike fmax
      sum += margin * margin;
      g[c] = static_cast<float>(-2 * t * margin / numbers);
    }
    return sum / static_cast<double>(z.size());
  });
}

MINNOW_INLINE double mean_squared_error::operator()(std::span<const float> logits, std::span<const int> labels,
                                                    std::span<float> gradient) const {
  const double numbers = static_cast<double>(logits.size());
  return detail::mean_over_rows(logits, labels, gradient, [&](auto z, std::size_t label, auto g) {
    double sum = 0;
    for (std::size_t c = 0; c < z.size(); ++c) {
      const double difference = static_cast<double>(z[c]) - (c == label ? 1 : 0);
      sum += difference * difference;
      g[c] = static_cast<float>(2 * difference / numbers);
    }
    return sum / static_cast<double>(z.size());
  });
}

}  // namespace minnow
