#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <functional>
#include <span>

#include <minnow/core/classify.hpp>
#include <minnow/core/index.hpp>

namespace minnow {

/// A loss: returns the mean over the batch from logits (N,classes) and N labels, and writes its gradient (N,classes).
/// `fit` passes a label from 0 to classes-1 for each of N >= 1 images. A loss or a gradient that is not finite is an
/// error that ends the run.
using loss_function =
    std::function<double(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient)>;

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

/// -log softmax(logits)[label].
///
/// throws  as every loss here: sizes that do not match; a label that is not from 0 to classes-1
struct cross_entropy {
  double operator()(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient) const {
    const double images = static_cast<double>(labels.size());
    return detail::mean_over_rows(logits, labels, gradient, [&](auto z, std::size_t label, auto g) {
      const double largest = static_cast<double>(z[index(argmax(z))]);
      double sum = 0;
      for (const float v : z) sum += std::exp(static_cast<double>(v) - largest);
      for (std::size_t c = 0; c < z.size(); ++c)
        g[c] =
            static_cast<float>((std::exp(static_cast<double>(z[c]) - largest) / sum - (c == label ? 1 : 0)) / images);
      return std::log(sum) + largest - static_cast<double>(z[label]);
    });
  }
};

/// The mean over classes of max(0, 1 - t z)^2 with t = +1 for the label and -1 for the others.
///
/// source  Hubara et al. 2016 (BNN)
struct squared_hinge {
  double operator()(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient) const {
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
};

/// The mean over classes of (z - t)^2 with t = 1 for the label and 0 for the others.
struct mean_squared_error {
  double operator()(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient) const {
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
};

}  // namespace minnow
