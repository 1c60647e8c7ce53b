#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace minnow {

/// Seconds that the layers of a network took, in the order of its flat sequence; see network_base::time_into.
///
/// experimental  may change in any version
struct layer_times {
  std::vector<double> forward;
  std::vector<double> backward;
};

namespace detail {

/// Adds the time from its construction to its destruction to seconds[i] of `count`; does nothing if `seconds` is null.
class stopwatch {
  using clock = std::chrono::steady_clock;

public:
  stopwatch(std::vector<double>* seconds, std::size_t i, std::size_t count) : seconds_(seconds), i_(i) {
    if (seconds_ == nullptr) return;
    seconds_->resize(count);
    start_ = clock::now();
  }
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;
  ~stopwatch() {
    if (seconds_ != nullptr) (*seconds_)[i_] += std::chrono::duration<double>(clock::now() - start_).count();
  }

private:
  std::vector<double>* seconds_;
  std::size_t i_;
  clock::time_point start_{};
};

}  // namespace detail

}  // namespace minnow
