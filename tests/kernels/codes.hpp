#pragma once

// Random codes and buffers for the tests of kernels.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/core/half.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>

namespace minnow::test {

/// A buffer that begins at a cache line and is readable 64 bytes past its end. These 64 bytes are ones, so a kernel
/// that uses them in its result, or overwrites them, is detected.
class packed_bytes {
public:
  explicit packed_bytes(std::size_t size) : size_(size), lines_(size / sizeof(line) + 2) {
    std::memset(lines_.data(), 0xff, lines_.size() * sizeof(line));
  }
  [[nodiscard]] std::byte* data() { return lines_.front().bytes; }
  [[nodiscard]] const std::byte* data() const { return lines_.front().bytes; }
  [[nodiscard]] const word* words() const { return reinterpret_cast<const word*>(data()); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool untouched_behind() const {
    const std::byte* end = data() + size_;
    for (int i = 0; i < 64; ++i) {
      if (end[i] != std::byte{0xff}) return false;
    }
    return true;
  }

private:
  struct alignas(64) line {
    std::byte bytes[64];
  };
  std::size_t size_;
  std::vector<line> lines_;
};

/// Returns a random code of an encoding, with roughly equal probabilities.
template <encoding E, int Bits = 3, class Random>
kernels::code<E> random_code(Random& random) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  if constexpr (E == encoding::bit) {
    return static_cast<std::int16_t>(below(2) * 2 - 1);
  } else if constexpr (E == encoding::ternary) {
    return static_cast<std::int16_t>(below(3) - 1);
  } else if constexpr (E == encoding::power_of_two) {
    const int index = below(kernels::magnitudes(Bits) + 1);
    const int magnitude = index == 0 ? 0 : 1 << (index - 1);
    return static_cast<std::int16_t>(below(2) == 0 ? magnitude : -magnitude);
  } else if constexpr (E == encoding::nibble) {
    return static_cast<std::int16_t>(below(15) - 7);
  } else if constexpr (E == encoding::byte) {
    return static_cast<std::int16_t>(below(255) - 127);
  } else if constexpr (E == encoding::unsigned_nibble) {
    return static_cast<std::int16_t>(below(16));
  } else if constexpr (E == encoding::unsigned_byte) {
    return static_cast<std::int16_t>(below(256));
  } else if constexpr (E == encoding::pixel) {
    return static_cast<std::int16_t>(2 * below(256) - 255);
  } else {
    const float x = static_cast<float>(below(20001) - 10000) * 1e-4f;
    return E == encoding::half ? round_to_half(x) : x;
  }
}

template <encoding E, int Bits = 3, class Random>
std::vector<kernels::code<E>> random_codes(std::size_t count, Random& random) {
  std::vector<kernels::code<E>> codes(count);
  for (auto& c : codes) c = random_code<E, Bits>(random);
  return codes;
}

template <encoding E, int Bits = 3>
packed_bytes packed_inputs(const shape& in, const std::vector<kernels::code<E>>& codes) {
  packed_bytes packed(kernels::input_bytes<E, Bits>(in));
  kernels::pack_inputs<E, Bits>(codes.data(), in.pixels(), in.channels, packed.data());
  return packed;
}

template <encoding In, encoding Weights, int Bits = 3>
packed_bytes packed_weights(const geometry& g, const std::vector<kernels::code<Weights>>& codes) {
  packed_bytes packed(kernels::weight_bytes<In, Weights, Bits>(g));
  kernels::pack_weights<In, Weights, Bits>(g, codes.data(), packed.data());
  return packed;
}

}  // namespace minnow::test
