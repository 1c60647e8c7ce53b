#pragma once

// Times alternating calls in seconds and in cycles, on a machine whose frequency changes and that also runs other
// programs.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/core/random.hpp>

#include "../tests/random_numbers.hpp"

namespace bench {

[[nodiscard]] inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Returns the seconds per cycle, from a chain of dependent additions of one cycle each. The chain is long enough to be
/// timed and short enough not to be interrupted. It adds registers, because some processors execute several additions
/// of constants per cycle at register renaming.
[[nodiscard]] inline double cycle() {
  constexpr int links = 40'000;
  std::uint64_t x = 1;
  const double start = seconds();
  for (int i = 0; i < links / 8; ++i) {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __asm__ volatile(
        "add %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0"
        : "+r"(x));
#elif defined(__GNUC__)
    for (int j = 0; j < 8; ++j) __asm__ volatile("" : "+r"(x += x));
#else
    for (int j = 0; j < 8; ++j) static_cast<volatile std::uint64_t&>(x) += x;
#endif
  }
  return (seconds() - start) / links;
}

[[nodiscard]] inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// A function to time. Copies share their buffers.
using call = std::function<void()>;

/// Medians over the samples of one call.
struct timing {
  double seconds = 0;
  double cycles = 0;
  int samples = 0;
};

/// Limits of a measurement. It ends when every call has `samples` samples, after `seconds` if every call has at least
/// three, and after twice `seconds` in any case.
struct effort {
  int samples = 41;
  double seconds = 1;
};

namespace detail {

/// One of the alternating calls, and its samples.
class turn {
public:
  explicit turn(const call& what) : what_(&what) {
    what();
    const double once = timed(1);
    repeats_ = 1 + static_cast<int>(sample_seconds / once);
    warm_ = static_cast<int>(warm_seconds / once);
  }

  void sample() {
    for (int i = 0; i < warm_; ++i) (*what_)();
    const std::clock_t processor = std::clock();
    const double start = seconds();
    const double before = cycle();
    const double taken = timed(repeats_);
    const double after = cycle();
    const double passed = seconds() - start;
    const double worked = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
    // An interruption shows as two clock measurements that disagree, or as wall-clock time without CPU time.
    const bool whole = before < 1.1 * after && after < 1.1 * before && worked > 0.95 * passed - 5e-6;
    auto& to = whole ? whole_ : interrupted_;
    to.seconds.push_back(taken / repeats_);
    to.cycles.push_back(taken / repeats_ / (0.5 * (before + after)));
  }

  [[nodiscard]] int samples() const { return static_cast<int>(whole_.seconds.size()); }

  /// Uses interrupted samples only if there are no others.
  [[nodiscard]] timing result() const {
    const series& from = whole_.seconds.empty() ? interrupted_ : whole_;
    return {median(from.seconds), median(from.cycles), samples()};
  }

private:
  static constexpr double sample_seconds = 200e-6;
  /// Warm-up time of a call before each sample, because the other calls have evicted its data from the caches. After a
  /// long stream of other data, some processors need several passes before they keep reloaded cache lines: 2 MB took
  /// about 8 passes.
  static constexpr double warm_seconds = 1e-3;
  struct series {
    std::vector<double> seconds, cycles;
  };

  double timed(int repeats) const {
    const double start = seconds();
    for (int i = 0; i < repeats; ++i) (*what_)();
    return seconds() - start;
  }

  const call* what_;
  int repeats_ = 1;
  int warm_ = 0;
  series whole_, interrupted_;
};

}  // namespace detail

/// Times several calls in alternation, so that a slow second of the machine slows all of them. Their ratios are then
/// reliable even if their times are not.
[[nodiscard]] inline std::vector<timing> alternate(const std::vector<call>& calls, effort e = {}) {
  constexpr int few = 3;
  std::vector<detail::turn> turns(calls.begin(), calls.end());
  const auto fewest = [&] {
    int result = e.samples;
    for (const auto& t : turns) result = std::min(result, t.samples());
    return result;
  };
  const double start = seconds();
  for (double passed = 0; fewest() < (passed < e.seconds ? e.samples : few) && passed < 2 * e.seconds;
       passed = seconds() - start)
    for (auto& t : turns) t.sample();
  std::vector<timing> result;
  for (const auto& t : turns) result.push_back(t.result());
  return result;
}

/// An array that begins at a cache line and is filled with random bits, or with random numbers in [-1, 1) if its
/// elements are floats. 64 bytes after its end are readable.
template <class T>
class buffer {
  static_assert(std::is_trivially_copyable_v<T>);

public:
  explicit buffer(std::size_t count, minnow::seed draws = {})
      : size_(count),
        bytes_(static_cast<std::byte*>(::operator new(count * sizeof(T) + line, std::align_val_t{line}))) {
    const std::span<std::byte> all(bytes_.get(), count * sizeof(T) + line);
    if constexpr (std::is_floating_point_v<T>) {
      std::ranges::fill(all.last(line), std::byte{});
      minnow::test::fill_randomly(std::span<T>(data(), count), draws);
    } else {
      minnow::test::fill_randomly(all, draws);
    }
  }

  [[nodiscard]] T* data() noexcept { return reinterpret_cast<T*>(bytes_.get()); }
  [[nodiscard]] const T* data() const noexcept { return reinterpret_cast<const T*>(bytes_.get()); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  static constexpr std::size_t line = 64;
  struct release {
    void operator()(std::byte* p) const noexcept { ::operator delete(p, std::align_val_t{line}); }
  };
  std::size_t size_;
  std::unique_ptr<std::byte, release> bytes_;
};

/// Prints one line of a benchmark's results.
inline void figure(const std::string& name, double value, const char* unit) {
  const double size = std::abs(value);
  std::printf("figure %s %.*f %s\n", name.c_str(), size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0, value, unit);
  std::fflush(stdout);
}

}  // namespace bench
