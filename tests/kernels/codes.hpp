#pragma once

// Packed codes, for the tests and benchmarks of kernels.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>

#include "../random_numbers.hpp"

namespace minnow::test {

/// A buffer that begins at a cache line and is readable up to 64 bytes past its end. All bits of these 64 bytes are 1,
/// so a kernel that overwrites them, or whose result depends on them, is detected.
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
