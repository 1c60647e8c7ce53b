#pragma once

#include <minnow/fit/objective.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>

namespace minnow::detail {

/// Refuses weights that are negative or not finite.
MINNOW_COLD void check_weights(std::span<const float> weights, std::size_t count, const char* what) {
  if (weights.empty()) return;
  if (weights.size() != count)
    require(status::failure("fit: expected %zu weights of %s, found %zu", count, what, weights.size()));
  const auto odd = std::find_if(weights.begin(), weights.end(), [](float w) { return !(w >= 0 && std::isfinite(w)); });
  if (odd != weights.end())
    require(status::failure("fit: expected finite weights of %s of at least 0, found %g at index %td", what,
                            static_cast<double>(*odd), odd - weights.begin()));
}

MINNOW_INLINE objective::objective(loss_function loss, const minnow::teacher& of_teacher, loss_weights weights)
    : loss_(std::move(loss)), teacher_(of_teacher), weights_(std::move(weights)) {}

MINNOW_COLD void objective::check(const network_base& net, int images, bool mixes) const {
  const auto classes = index(net.outputs());
  check_weights(weights_.classes, classes, "classes");
  check_weights(weights_.images, index(images), "images");
  const network_base* const network = teacher_.network;
  const std::span<const float> logits = teacher_.logits;
  if (network == nullptr && logits.empty()) return;
  if (network != nullptr && !logits.empty())
    require(status::failure("fit: expected a network or logits as teacher, found both"));
  if (!(teacher_.temperature > 0 && std::isfinite(teacher_.temperature)))
    require(status::failure("fit: expected a finite temperature of the teacher above 0, found %g",
                            static_cast<double>(teacher_.temperature)));
  if (!(teacher_.weight >= 0 && teacher_.weight <= 1))
    require(status::failure("fit: expected a weight of the teacher from 0 to 1, found %g",
                            static_cast<double>(teacher_.weight)));
  if (network == nullptr) {
    if (logits.size() != index(images) * classes)
      require(status::failure("fit: expected %zu logits of the teacher (%d images of %zu classes), found %zu",
                              index(images) * classes, images, classes, logits.size()));
    if (mixes)
      require(
          status::failure("fit: expected a teacher's network for images that are mixed, found logits, which belong "
                          "to the unmixed images"));
    const auto odd = std::find_if(logits.begin(), logits.end(), [](float z) { return !std::isfinite(z); });
    if (odd != logits.end())
      require(status::failure("fit: expected finite logits of the teacher, found a NaN or an infinity at image %td",
                              (odd - logits.begin()) / net.outputs()));
    return;
  }
  if (network == &net) require(status::failure("fit: expected another network as teacher, found the trained one"));
  const shape s = net.input(), found = network->input();
  if (found != s || network->outputs() != net.outputs())
    require(status::failure(
        "fit: expected a teacher of images of %dx%dx%d (height, width, channels) and %d classes, "
        "found %dx%dx%d and %d classes",
        s.height, s.width, s.channels, net.outputs(), found.height, found.width, found.channels, network->outputs()));
}

MINNOW_INLINE std::vector<network_base*> objective::networks(network_base& net) const {
  if (teacher_.network != nullptr) return {&net, teacher_.network};
  return {&net};
}

MINNOW_INLINE double objective::weight(int label, int image) const noexcept {
  double result = 1;
  if (!weights_.classes.empty()) result *= static_cast<double>(weights_.classes[index(label)]);
  if (!weights_.images.empty()) result *= static_cast<double>(weights_.images[index(image)]);
  return result;
}

MINNOW_INLINE std::span<const float> objective::logits_of_teacher(std::size_t n, int image,
                                                                  std::size_t classes) const noexcept {
  if (teacher_.network != nullptr) return batch_of_teacher_.subspan(n * classes, classes);
  return teacher_.logits.subspan(index(image) * classes, classes);
}

MINNOW_INLINE double objective::operator()(std::span<const float> logits, const targets& of, std::span<float> gradient,
                                           long long step) {
  const bool taught = teacher_.network != nullptr || !teacher_.logits.empty(), mixed = !of.shares.empty();
  if (!taught && !mixed && weights_.classes.empty() && weights_.images.empty())
    return loss_(logits, of.labels, gradient);
  if (teacher_.network != nullptr) {
    batch_of_teacher_ = teacher_.network->forward({.mode = mode::evaluate, .alpha = 1});
    if (!std::all_of(batch_of_teacher_.begin(), batch_of_teacher_.end(), [](float z) { return std::isfinite(z); }))
      require(
          status::failure("fit: expected finite logits of the teacher, found a NaN or an infinity at step %lld", step));
  }
  const std::size_t images = of.labels.size(), classes = logits.size() / images;
  const double soft = taught ? static_cast<double>(teacher_.weight) : 0;
  double total = 0;
  row_.resize(classes);
  for (std::size_t n = 0; n < images; ++n) {
    const auto z = logits.subspan(n * classes, classes);
    sums_.assign(classes, 0);
    const auto add = [&](double factor, double loss) {
      total += factor * loss;
      for (std::size_t c = 0; c < classes; ++c) sums_[c] += factor * static_cast<double>(row_[c]);
    };
    double weight_of_image = 0;
    const auto add_label = [&](double part, int label, int image) {
      const double factor = part * weight(label, image);
      weight_of_image += factor;
      if (soft < 1) add((1 - soft) * factor, loss_(z, std::span(&label, 1), row_));
    };
    const double share = mixed ? static_cast<double>(of.shares[n]) : 1;
    add_label(share, of.labels[n], of.images[n]);
    if (mixed && share < 1) add_label(1 - share, of.other_labels[n], of.other_images[n]);
    if (soft > 0)
      add(soft * weight_of_image,
          distillation{teacher_.temperature}(z, logits_of_teacher(n, of.images[n], classes), 1, row_));
    for (std::size_t c = 0; c < classes; ++c)
      gradient[n * classes + c] = static_cast<float>(sums_[c] / static_cast<double>(images));
  }
  return total / static_cast<double>(images);
}

}  // namespace minnow::detail
