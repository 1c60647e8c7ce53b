#pragma once

#include <span>

namespace minnow {

/// Sums and maxima over the processes of a run. All processes call the same functions in the same order, each with its
/// own numbers, and all get the same result. A function may throw if another process does not answer.
class reduction {
public:
  /// Replaces each number by its sum over all processes.
  virtual void sum(std::span<double> numbers) = 0;
  /// Returns the largest of the numbers that the processes pass. No number may be NaN.
  [[nodiscard]] virtual double largest(double number) = 0;

protected:
  ~reduction() = default;
};

namespace detail {

/// Sums and maxima for a run of a single process.
struct alone {
  static void sum(std::span<double>) noexcept {}
  static double largest(double number) noexcept { return number; }
};

}  // namespace detail

}  // namespace minnow
