#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace minnow {

/// A loss function. It takes logits (N,classes) and N labels, returns the mean loss of the batch, and writes the
/// gradient with respect to the logits (N,classes). `fit` passes a label from 0 to classes-1 for each of N >= 1 images.
/// A loss or a gradient that is not finite is an error that ends the run.
using loss_function =
    std::function<double(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient)>;

/// -log softmax(logits)[label]. With label smoothing, the cross-entropy with the targets 1 - smoothing + smoothing /
/// classes for the label and smoothing / classes for other classes.
///
/// throws  like every loss here: if sizes do not match, or a label is not from 0 to classes-1; also if `smoothing` is
///         not in [0, 1]
/// source  label smoothing: Szegedy et al. 2016, section 7
struct cross_entropy {
  float smoothing = 0;  ///< from 0 to 1

  double operator()(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient) const;
};

/// The mean over classes of max(0, 1 - t z)^2, where z is the logit, and t is +1 for the label and -1 for other
/// classes.
///
/// source  Hubara et al. 2016 (BNN)
struct squared_hinge {
  double operator()(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient) const;
};

/// The mean over classes of (z - t)^2, where z is the logit, and t is 1 for the label and 0 for other classes.
struct mean_squared_error {
  double operator()(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient) const;
};

/// The loss of a network that imitates a teacher: T^2 · KL(softmax(teacher / T), softmax(logits / T)), the mean over
/// the images. The factor T^2 makes the gradient's magnitude nearly independent of the temperature T. The loss is 0 if both
/// networks have the same probabilities.
///
/// source  Hinton et al. 2015
struct distillation {
  float temperature = 4;  ///< T, above 0

  /// logits, teacher   (N,classes), for N = `images` images
  /// gradient          with respect to `logits` (N,classes)
  /// throws            sizes that do not match; a temperature that is not finite or not above 0
  double operator()(std::span<const float> logits, std::span<const float> teacher, std::size_t images,
                    std::span<float> gradient) const;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/loss.ipp>
#endif
