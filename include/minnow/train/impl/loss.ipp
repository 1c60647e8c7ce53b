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
  if (!(smoothing >= 0 && smoothing <= 1))
    require(
        status::failure("cross_entropy: expected a smoothing from 0 to 1, found %g", static_cast<double>(smoothing)));
  const double images = static_cast<double>(labels.size());
  return detail::mean_over_rows(logits, labels, gradient, [&](auto z, std::size_t label, auto g) {
    const double classes = static_cast<double>(z.size());
    const double other = static_cast<double>(smoothing) / classes;  // target of the other classes
    const double own = 1 - static_cast<double>(smoothing) + other;
    const double largest = static_cast<double>(z[index(argmax(z))]);
    double sum = 0, all = 0;
    for (const float v : z) {
      sum += std::exp(static_cast<double>(v) - largest);
      all += static_cast<double>(v);
    }
    for (std::size_t c = 0; c < z.size(); ++c)
      g[c] = static_cast<float>((std::exp(static_cast<double>(z[c]) - largest) / sum - (c == label ? own : other)) /
                                images);
    const double plain = std::log(sum) + largest - static_cast<double>(z[label]);
    // Without smoothing, an infinite logit of another class must not make the loss NaN.
    return smoothing == 0 ? plain
                          : plain + static_cast<double>(smoothing) * (static_cast<double>(z[label]) - all / classes);
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

MINNOW_INLINE double distillation::operator()(std::span<const float> logits, std::span<const float> teacher,
                                              std::size_t images, std::span<float> gradient) const {
  if (images == 0 || logits.empty() || logits.size() % images != 0 || teacher.size() != logits.size() ||
      gradient.size() != logits.size())
    require(
        status::failure("distillation: expected the same number of logits, teacher's logits and gradients for each of "
                        "the images, found %zu, %zu and %zu for %zu images",
                        logits.size(), teacher.size(), gradient.size(), images));
  if (!(temperature > 0 && std::isfinite(temperature)))
    require(status::failure("distillation: expected a finite temperature above 0, found %g",
                            static_cast<double>(temperature)));
  const std::size_t classes = logits.size() / images;
  const auto t = static_cast<double>(temperature);
  // Returns log(sum(exp(z / T))), without overflow.
  const auto log_sum = [&](std::span<const float> z) {
    const double largest = static_cast<double>(z[index(argmax(z))]) / t;
    double sum = 0;
    for (const float v : z) sum += std::exp(static_cast<double>(v) / t - largest);
    return std::log(sum) + largest;
  };
  double loss = 0;
  for (std::size_t n = 0; n < images; ++n) {
    const auto z = logits.subspan(n * classes, classes), of_teacher = teacher.subspan(n * classes, classes);
    const double norm = log_sum(z), norm_of_teacher = log_sum(of_teacher);
    for (std::size_t c = 0; c < classes; ++c) {
      const double log_p = static_cast<double>(of_teacher[c]) / t - norm_of_teacher;
      const double log_q = static_cast<double>(z[c]) / t - norm;
      const double p = std::exp(log_p);
      if (p > 0) loss += p * (log_p - log_q);
      gradient[n * classes + c] = static_cast<float>(t * (std::exp(log_q) - p) / static_cast<double>(images));
    }
  }
  return t * t * loss / static_cast<double>(images);
}

}  // namespace minnow
