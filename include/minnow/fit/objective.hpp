#pragma once

#include <span>
#include <vector>

#include <minnow/core/shape.hpp>
#include <minnow/fit/batches.hpp>
#include <minnow/train/loss.hpp>
#include <minnow/train/network_base.hpp>

namespace minnow {

/// A teacher, whose logits the trained network imitates: {.network = &large, .temperature = 4, .weight = 0.9f}.
///
/// The loss of a run with a teacher is (1 - weight) · loss + weight · distillation{temperature}. Either `network` or
/// `logits` is set. A network gets the changed images of each batch, and is evaluated at alpha = 1; it must take images
/// of the same shape. `logits` belong to the unchanged images. Both must outlive the run.
///
/// source  Hinton et al. 2015
struct teacher {
  network_base* network = nullptr;  ///< any `network<…>` with the same input and the same classes
  std::span<const float> logits{};  ///< (images of the data set, classes), in the order of the data set
  float temperature = 4;            ///< above 0
  float weight = 0.9f;              ///< from 0 to 1
};

/// Factors of the loss. The loss of a batch of N images is the sum of weight · loss of each image, divided by N. An
/// image's weight is the product of the weights of its class and of the image.
struct loss_weights {
  std::vector<float> classes{};     ///< one for each class, at least 0; empty: 1
  std::span<const float> images{};  ///< one for each image of the data set, at least 0; empty: 1. Must outlive the run
};

namespace detail {

/// The function that a run minimizes: a loss with weights, a teacher and mixtures of images.
///
/// A loss is called with the whole batch if it is the only part. Otherwise it is called for each image and label, so it
/// must be a mean over images that are independent of each other.
class objective {
public:
  objective(loss_function loss, const minnow::teacher& of_teacher, loss_weights weights);

  /// Refuses a teacher or weights that do not fit the data.
  ///
  /// images   number of images of the data set
  /// mixes    true if images are mixed
  void check(const network_base& net, int images, bool mixes) const;

  /// Networks into which each batch is loaded: the trained network and the teacher.
  [[nodiscard]] std::vector<network_base*> networks(network_base& net) const;

  /// Returns the loss of a batch and writes its gradient with respect to the logits. The teacher must hold the batch.
  ///
  /// step    step of the run, for error messages
  /// throws  logits of the teacher that are not finite; errors of the loss
  double operator()(std::span<const float> logits, const targets& of, std::span<float> gradient, long long step);

private:
  /// Weight of image `image` with label `label`.
  [[nodiscard]] double weight(int label, int image) const noexcept;
  /// The teacher's logits of image n of the batch, which is number `image` of the data set.
  [[nodiscard]] std::span<const float> logits_of_teacher(std::size_t n, int image, std::size_t classes) const noexcept;

  loss_function loss_;
  minnow::teacher teacher_;
  loss_weights weights_;
  std::span<const float> batch_of_teacher_;
  std::vector<float> row_;
  std::vector<double> sums_;
};

}  // namespace detail

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/objective.ipp>
#endif
