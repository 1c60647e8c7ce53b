#pragma once

#include <span>

namespace minnow {

/// Sums over the processes of a run. All of them call the same functions in the same order, each with its own numbers, and
/// all get the same result. A function may throw where another process does not answer.
class reduction {
public:
  /// Replaces each number by its sum.
  virtual void sum(std::span<double> numbers) = 0;
  /// The largest of all processes' numbers, none of them a NaN.
  [[nodiscard]] virtual double largest(double number) = 0;

protected:
  ~reduction() = default;
};

namespace detail {

/// The sums of a process that is alone.
struct alone {
  static void sum(std::span<double>) noexcept {}
  static double largest(double number) noexcept { return number; }
};

}  // namespace detail

}  // namespace minnow
