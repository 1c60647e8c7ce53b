#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <minnow/core/aligned_bytes.hpp>

namespace minnow::detail {

/// A stage's packed weights, in memory that this object owns or in external memory, such as a file that the caller
/// keeps mapped.
class stored_weights {
public:
  explicit stored_weights(std::size_t size) : size_(size), own_(size) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const std::byte* data() const noexcept { return elsewhere_ != nullptr ? elsewhere_ : own_.data(); }
  /// Returns the weights as writable memory. Copies them first if they are in external memory.
  [[nodiscard]] std::byte* data() {
    if (const std::byte* from = elsewhere_; from != nullptr) {
      detach();
      std::copy_n(from, size_, own_.data());
    }
    return own_.data();
  }
  /// Switches from external memory to owned memory, whose contents are then unspecified.
  void detach() {
    own_.grow(size_);
    elsewhere_ = nullptr;
  }

  /// Returns true if kernels can read weights in place at `bytes`, where `room` bytes are available. External memory
  /// must have the same alignment and padding as owned memory.
  [[nodiscard]] bool can_lie_at(const std::byte* bytes, std::size_t room) const noexcept {
    return reinterpret_cast<std::uintptr_t>(bytes) % aligned_bytes::alignment == 0 &&
           room >= size_ + aligned_bytes::alignment;
  }
  void lie_at(const std::byte* bytes) {
    own_ = aligned_bytes(0);
    elsewhere_ = bytes;
  }

private:
  std::size_t size_;
  aligned_bytes own_;
  const std::byte* elsewhere_ = nullptr;
};

}  // namespace minnow::detail
