#pragma once

#include <ratio>

#include <minnow/core/scalar.hpp>
#include <minnow/estimate/incremental.hpp>

namespace minnow {

/// Incremental quantization with two penalties on weights that are not frozen yet, as in ELQ. The first penalty is the
/// perturbation of the loss by quantization, in first order |g (h - w)|, for a weight w with the quantized value h and
/// the gradient g of the loss. The second is the squared error (h - w)². Before each update, training adds their
/// derivatives with respect to w, for constant g and h, to g: -Perturbation · |g| sign(h - w) - 2 Error · (h - w). Both
/// move a weight to its level. It takes the quantizers and schedules that `incremental` takes; ELQ's quantizers of
/// weights are with_freeze<scaled_ternary<>> and with_freeze<scaled_sign<per_tensor>>.
///
/// Perturbation   factor of the first penalty, a std::ratio of at least 0
/// Error          factor of the second penalty, a std::ratio of at least 0
/// source         Zhou et al. 2018 (ELQ): the two terms that are added to the loss. We know them from descriptions of
///                the method and not from the paper's text, so their exact form is unsure, and so are the paper's
///                factors. Not part of it: ELQ's own choice of the scale
template <class Perturbation, class Error>
struct loss_error_aware : incremental {
  static_assert(Perturbation::num >= 0 && Error::num >= 0, "minnow: the factors of loss_error_aware are at least 0");
  static constexpr text name() {
    return text("loss_error_aware<") << static_cast<long long>(Perturbation::num) << "/"
                                     << static_cast<long long>(Perturbation::den) << ","
                                     << static_cast<long long>(Error::num) << "/" << static_cast<long long>(Error::den)
                                     << ">";
  }

  template <class Value>
  static Value penalty_slope(Value w, Value h, Value g) noexcept {
    using scalar::abs;
    using scalar::select;
    const Value way = h - w;
    const Value sign = select(way > Value(0), Value(1), select(way < Value(0), Value(-1), Value(0)));
    return Value(-factor<Perturbation>) * abs(g) * sign - Value(2 * factor<Error>) * way;
  }

private:
  template <class Ratio>
  static constexpr float factor = static_cast<float>(static_cast<double>(Ratio::num) / static_cast<double>(Ratio::den));
};

}  // namespace minnow
