#pragma once

#include <functional>
#include <vector>

#include <minnow/schedule/window.hpp>

namespace minnow {

/// A function from the progress of a run to a factor of the optimizer's rate. The factor must be finite and at least 0.
using rate_schedule = std::function<float(const progress&)>;

/// Leaves the rate unchanged.
struct constant_rate {
  float operator()(const progress&) const noexcept { return 1; }
};

/// factor^epoch, where `epoch` includes the fraction of the current epoch: the rate changes a little at every step.
struct exponential_rate {
  float factor = 0.95f;  ///< per epoch; at least 0
  float operator()(const progress& p) const;
};

/// Multiplies the rate by `factor` for each moment in `at` that has passed: {.at = {steps{32000}, steps{38000}}}.
struct step_rate {
  std::vector<moment> at{fraction{0.5f}, fraction{0.75f}};
  float factor = 0.1f;  ///< at least 0
  float operator()(const progress& p) const;
};

/// A factor that falls from 1 to `to` along half a cosine over the run.
struct cosine_rate {
  float to = 0;  ///< at least 0
  float operator()(const progress& p) const;
};

/// Multiplies another schedule by a factor that rises linearly from `from` to 1 during the first part of the run:
/// {.over = steps{500}, .then = cosine_rate{}}. At step s of a warm-up of W steps, the factor is
/// from + (1 - from) · min(s / W, 1).
///
/// source  Goyal et al. 2017, section 2.2
struct warm_up {
  moment over = fraction{0.05f};  ///< end of the warm-up
  float from = 0;                 ///< at least 0
  rate_schedule then = constant_rate{};
  float operator()(const progress& p) const;
};

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/rate.ipp>
#endif
