#pragma once

// Random data of tests and benchmarks. Everything is drawn from minnow::random, whose numbers depend on the seed alone;
// the standard library's distributions differ between platforms.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/core/half.hpp>
#include <minnow/core/random.hpp>
#include <minnow/kernels/layout/layout.hpp>

namespace minnow::test {

/// Returns `count` numbers, uniform on [low, high).
inline std::vector<float> uniform(std::size_t count, std::uint64_t draws, float low = -1, float high = 1) {
  minnow::random r(seed{draws});
  std::vector<float> result(count);
  for (float& v : result) v = r.uniform(low, high);
  return result;
}
inline std::vector<float> uniform(int count, std::uint64_t draws, float low = -1, float high = 1) {
  return uniform(static_cast<std::size_t>(count), draws, low, high);
}

/// Returns `count` normally distributed numbers of mean 0.
///
/// source  Box & Muller 1958
inline std::vector<float> gaussian(int count, std::uint64_t draws, float deviation = 1) {
  constexpr double pi = 3.14159265358979323846;
  minnow::random r(seed{draws});
  std::vector<float> result(static_cast<std::size_t>(count));
  for (float& v : result) {
    const double radius = std::sqrt(-2 * std::log(1 - static_cast<double>(r.uniform())));
    v = static_cast<float>(static_cast<double>(deviation) * radius *
                           std::cos(2 * pi * static_cast<double>(r.uniform())));
  }
  return result;
}

/// Returns `count` bytes, for example the pixels of images.
inline std::vector<std::uint8_t> random_bytes(int count, std::uint64_t draws) {
  minnow::random r(seed{draws});
  std::vector<std::uint8_t> result(static_cast<std::size_t>(count));
  for (auto& b : result) b = static_cast<std::uint8_t>(r.below(256));
  return result;
}

/// Fills memory with random numbers. Floats are uniform on [-1, 1); other types have random bits.
template <class T>
void fill_randomly(std::span<T> to, seed draws) {
  static_assert(std::is_trivially_copyable_v<T>);
  minnow::random r(draws);
  if constexpr (std::is_floating_point_v<T>) {
    for (T& v : to) v = static_cast<T>(r.uniform(-1, 1));
  } else {
    const auto bytes = std::as_writable_bytes(to);
    for (std::size_t begin = 0; begin < bytes.size(); begin += 8) {
      const std::uint64_t bits = r.next();
      for (std::size_t i = begin; i < begin + 8 && i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(bits >> (i - begin) * 8);
    }
  }
}

/// Returns a random code of an encoding. All codes have equal probabilities, except for powers of two: there, all
/// magnitudes, including 0, have equal probabilities. Floats are uniform on [-1, 1), rounded to half floats for
/// encoding::half.
///
/// Bits  number of bits of a power of two
template <encoding E, int Bits = 3>
kernels::code<E> random_code(minnow::random& random) {
  if constexpr (E == encoding::half) {
    return round_to_half(random.uniform(-1, 1));
  } else if constexpr (E == encoding::real) {
    return random.uniform(-1, 1);
  } else {
    const auto draw = [&] {
      const auto within = [&](int limit) { return random.below(2 * limit + 1) - limit; };
      if constexpr (E == encoding::bit) {
        return 2 * random.below(2) - 1;
      } else if constexpr (E == encoding::ternary) {
        return within(1);
      } else if constexpr (E == encoding::power_of_two) {
        const int exponent = random.below(kernels::magnitudes(Bits) + 1) - 1;
        return exponent < 0 ? 0 : (1 - 2 * random.below(2)) << exponent;
      } else if constexpr (E == encoding::nibble) {
        return within(7);
      } else if constexpr (E == encoding::byte) {
        return within(127);
      } else if constexpr (E == encoding::pixel) {
        return 2 * random.below(256) - 255;
      } else {
        static_assert(E == encoding::unsigned_nibble || E == encoding::unsigned_byte);
        return random.below(E == encoding::unsigned_nibble ? 16 : 256);
      }
    };
    return static_cast<kernels::code<E>>(draw());
  }
}

template <encoding E, int Bits = 3>
std::vector<kernels::code<E>> random_codes(int count, minnow::random& random) {
  std::vector<kernels::code<E>> codes(static_cast<std::size_t>(count));
  for (auto& c : codes) c = random_code<E, Bits>(random);
  return codes;
}

}  // namespace minnow::test
