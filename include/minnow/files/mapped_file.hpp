#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include <sys/mman.h>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/regular_file.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow {

/// A file mapped into read-only memory. The system reads pages when they are accessed, and programs share them.
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
  ~mapped_file() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }

  friend status read(const char* path, mapped_file& file) noexcept;

  [[nodiscard]] std::span<const std::byte> bytes() const& noexcept { return bytes_; }
  /// Deleted: the bytes end with this object, so it must be a named object.
  std::span<const std::byte> bytes() const&& = delete;

private:
  std::span<const std::byte> bytes_{};
};

/// Maps a file. load<mapped_file>(path) is the throwing form.
[[nodiscard]] inline status read(const char* path, mapped_file& file) noexcept {
  detail::descriptor handle;
  std::uint64_t length = 0;
  if (const status s = detail::within_memory(path, [&] { return detail::open_to_read(path, handle, length); }); !s)
    return s;
  if (length == 0) return status::failure("%s: expected bytes to map, found an empty file", path);
  if (length > std::numeric_limits<std::size_t>::max())
    return status::failure("%s: expected a file that fits in memory, found %llu bytes", path,
                           static_cast<unsigned long long>(length));
  const auto size = index(length);
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, handle.number(), 0);
  if (at == MAP_FAILED) return status::failure("%s: could not be mapped (%s)", path, detail::system_text(errno));
  file = mapped_file();
  file.bytes_ = {static_cast<const std::byte*>(at), size};
  return {};
}

}  // namespace minnow
