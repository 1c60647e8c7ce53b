#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace minnow::detail {

/// A byte buffer aligned to 64 bytes. At least 64 more bytes follow it, because kernels may read past its end.
class aligned_bytes {
public:
  static constexpr std::size_t alignment = 64;

  aligned_bytes() : aligned_bytes(0) {}
  explicit aligned_bytes(std::size_t size) : size_(size), storage_(size + 2 * alignment) {}
  aligned_bytes(const aligned_bytes& other) : aligned_bytes(other.size_) { std::copy_n(other.data(), size_, data()); }
  aligned_bytes& operator=(aligned_bytes other) noexcept {
    std::swap(size_, other.size_);
    storage_.swap(other.storage_);
    return *this;
  }

  /// Grows the buffer to at least `size` bytes. The contents are lost if it grows.
  void grow(std::size_t size) {
    if (size_ < size) *this = aligned_bytes(size);
  }

  [[nodiscard]] std::byte* data() noexcept { return storage_.data() + offset(); }
  [[nodiscard]] const std::byte* data() const noexcept { return storage_.data() + offset(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  [[nodiscard]] std::size_t offset() const noexcept {
    return (alignment - reinterpret_cast<std::uintptr_t>(storage_.data()) % alignment) % alignment;
  }
  std::size_t size_;
  std::vector<std::byte> storage_;
};

}  // namespace minnow::detail
