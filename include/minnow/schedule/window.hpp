#pragma once

#include <concepts>

namespace minnow {

/// The progress of a run: `step` counts from 0 to steps - 1.
struct progress {
  long long step = 0;
  long long steps = 1;
  long long steps_per_epoch = 1;
};

/// A point of a run, given as a number of steps.
struct steps {
  long long count = 0;
};
/// A point of a run, given as a fraction of its steps. It is rounded to the nearest whole step, because a product such
/// as 0.1f · 400 is not exactly 40. If the fraction is NaN, the schedule's alpha is NaN, which `fit` refuses.
struct fraction {
  float part = 0;
};

/// A point of a run, given as `steps` or as a `fraction`.
class moment {
public:
  constexpr moment(steps s) noexcept : value_(static_cast<double>(s.count)), in_steps_(true) {}
  constexpr moment(fraction f) noexcept : value_(static_cast<double>(f.part)), in_steps_(false) {}

  [[nodiscard]] constexpr double step(const progress& p) const noexcept {
    if (in_steps_) return value_;
    const double at = value_ * static_cast<double>(p.steps) + 0.5;
    return at > -0x1p62 && at < 0x1p62 ? static_cast<double>(static_cast<long long>(at)) : at;
  }

private:
  double value_;
  bool in_steps_;
};

/// An alpha schedule: maps the progress of a run to alpha in [0, 1].
template <class Schedule>
concept schedule = requires(const Schedule s, progress p) {
  { s(p) } -> std::convertible_to<float>;
};

namespace detail {

/// The fraction of the window [begin, end] that has passed at `p`, from 0 to 1. An empty window is a jump from 0 to 1
/// at its end.
constexpr double through(const progress& p, const moment& begin, const moment& end) noexcept {
  const double from = begin.step(p);
  const double to = end.step(p);
  const double now = static_cast<double>(p.step);
  if (!(from == from && to == to)) return from + to;  // propagates NaN
  if (now >= to) return 1;
  if (now <= from) return 0;
  return (now - from) / (to - from);
}

}  // namespace detail

}  // namespace minnow
