#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <minnow/core/error.hpp>

namespace minnow {

/// A file mapped into read-only memory. The system reads pages when they are accessed, and programs that map the file
/// share them.
///
///   const auto file = load<mapped_file>("model.mnw");
///   const auto network = load_in_place<packed<my_model>>(file.bytes());
///
/// A file must not become shorter while it is mapped. `save` never shortens a file; it replaces it.
class mapped_file {
public:
  mapped_file() = default;
  mapped_file(mapped_file&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  mapped_file& operator=(mapped_file other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~mapped_file();

  friend status read(const char* path, mapped_file& file) noexcept;

  [[nodiscard]] std::span<const std::byte> bytes() const& noexcept { return bytes_; }
  /// Deleted for temporary objects, because the bytes are valid only as long as the object exists.
  std::span<const std::byte> bytes() const&& = delete;

private:
  std::span<const std::byte> bytes_{};
};

/// Maps a file. load<mapped_file>(path) is the throwing form.
[[nodiscard]] status read(const char* path, mapped_file& file) noexcept;

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/mapped_file.ipp>
#endif
