#pragma once

#include <functional>
#include <span>

namespace minnow {

/// A loss function. It takes logits (N,classes) and N labels, returns the mean loss of the batch, and writes the
/// gradient with respect to the logits (N,classes). `fit` passes a label from 0 to classes-1 for each of N >= 1 images.
/// A loss or a gradient that is not finite is an error that ends the run.
using loss_function =
    std::function<double(std::span<const float> logits, std::span<const int> labels, std::span<float> gradient)>;

/// -log softmax(logits)[label].
///
/// throws  like every loss here: if sizes do not match, or a label is not from 0 to classes-1
struct cross_entropy {
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

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/loss.ipp>
#endif
