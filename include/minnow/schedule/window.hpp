#pragma once

#include <concepts>

namespace minnow {

/// Where a run stands: step 0 … steps-1.
struct progress {
  long long step = 0;
  long long steps = 1;
  long long steps_per_epoch = 1;
};

/// A moment of a run as a number of steps …
struct steps {
  long long count = 0;
};
/// … or as a part of it, to the nearest whole step: 0.1f of 400 is a little more than 40. A part that is a NaN makes the
/// schedule one, which `fit` refuses.
struct fraction {
  float part = 0;
};

/// Either of the two.
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

/// An alpha schedule: from a run's progress to the alpha of a step, in [0, 1].
template <class Schedule>
concept schedule = requires(const Schedule s, progress p) {
  { s(p) } -> std::convertible_to<float>;
};

namespace detail {

/// How far `p` is through the window [begin, end], 0 to 1; an empty window is a step at its end.
constexpr double through(const progress& p, const moment& begin, const moment& end) noexcept {
  const double from = begin.step(p);
  const double to = end.step(p);
  const double now = static_cast<double>(p.step);
  if (!(from == from && to == to)) return from + to;  // a NaN
  if (now >= to) return 1;
  if (now <= from) return 0;
  return (now - from) / (to - from);
}

}  // namespace detail

}  // namespace minnow
