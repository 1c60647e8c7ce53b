#pragma once

#include <minnow/estimate/ste.hpp>

namespace minnow {

/// Estimator of LR-Net: each weight of a layer with `sign` or `ternary` weights is a random variable whose
/// probabilities are trained (quantize/methods/weight_distribution.hpp). Training never draws a weight. It draws each output of
/// the product from the normal distribution with the mean sum x · E[w] and the variance sum x² · Var[w] + 0.001, so that
/// the gradient passes through mean and variance. Evaluation, re-estimation of batch norm and packing use the most
/// probable weights. Alpha has no effect on such weights. Float weights are trained as usual; other quantizers of
/// weights do not compile. Inputs have the estimator `ste`.
///
/// `fit` re-estimates batch norm at its end. Without this, batch norm's statistics belong to the random outputs.
///
/// Numerator / Denominator   factor of the regularizer of all such layers. `ternary`: probability decay, half the sum of
///                           the squared logits; the paper's factor is 10^-11. `sign`: the beta density, the sum of
///                           p (1 - p) with p the probability of +1; the paper's factor is 10^-6
/// source   Shayer et al. 2018 (LR-Net); 0.001 is from the authors' program. Not part of it: weights that are drawn from
///          the distributions once for evaluation, as in the paper; dropout
template <long long Numerator = 0, long long Denominator = 1>
struct local_reparameterization : ste {
  static_assert(Numerator >= 0 && Denominator > 0,
                "minnow: the factor of local_reparameterization's regularizer is a fraction of at least 0");
  static constexpr text name() {
    if constexpr (Numerator == 0) return "local_reparameterization";
    return text("local_reparameterization<") << Numerator << "/" << Denominator << ">";
  }
  static constexpr bool reparameterizes = true;
  static constexpr float regularization =
      static_cast<float>(static_cast<double>(Numerator) / static_cast<double>(Denominator));
};

}  // namespace minnow
