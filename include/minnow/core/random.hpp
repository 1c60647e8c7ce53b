#pragma once

#include <cstdint>

namespace minnow {

/// The seed of all random numbers of a run.
struct seed {
  std::uint64_t value = 0;
};

namespace detail {

/// The finalizer of splitmix64. It maps successive counters to 64-bit numbers that look random.
[[nodiscard]] constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace detail

/// Counter-based random numbers: number i of a stream is scramble(key + i). Any number can be computed without its
/// predecessors, threads can share a stream, and every platform draws the same numbers (the standard library's
/// distributions differ between platforms).
class random {
public:
  constexpr explicit random(seed s = {}) noexcept : key_(detail::scramble(s.value)) {}

  /// Returns an independent stream, for example one per layer, epoch or purpose.
  [[nodiscard]] constexpr random stream(std::uint64_t number) const noexcept {
    random result;
    result.key_ = detail::scramble(key_ ^ detail::scramble(number));
    return result;
  }

  /// Returns number `index` of the stream.
  [[nodiscard]] constexpr std::uint64_t at(std::uint64_t index) const noexcept {
    return detail::scramble(key_ + index);
  }

  /// Number `index`, uniform on [0, 1).
  [[nodiscard]] constexpr float uniform_at(std::uint64_t index) const noexcept {
    return static_cast<float>(at(index) >> 40) * 0x1p-24f;
  }

  constexpr std::uint64_t next() noexcept { return at(counter_++); }
  constexpr float uniform() noexcept { return uniform_at(counter_++); }
  constexpr float uniform(float low, float high) noexcept { return low + (high - low) * uniform(); }

  /// The next number as an integer, uniform on 0 … count - 1; 0 if count is below 1. The modulo bias is below 2^-32.
  constexpr int below(int count) noexcept {
    return static_cast<int>(next() % static_cast<std::uint64_t>(count < 1 ? 1 : count));
  }

private:
  std::uint64_t key_ = 0;
  std::uint64_t counter_ = 0;
};

}  // namespace minnow
