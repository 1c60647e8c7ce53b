#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <minnow/core/error.hpp>

namespace minnow {

/// A file as read-only memory: the system reads the pages that are looked at, and programs share them.
///
///   const auto file = load<mapped_file>("model.mnw");
///   const auto network = load_in_place<packed<my_model>>(file.bytes());
///
/// A file must not become shorter while it is mapped; `save` never shortens one, it replaces it.
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

  /// Maps a file; load<mapped_file>(path) is its throwing form.
  [[nodiscard]] friend status read(const char* path, mapped_file& file) noexcept {
    const int handle = ::open(path, O_RDONLY | O_CLOEXEC);
    if (handle < 0) return status::failure("%s: could not be opened (%s)", path, detail::system_text(errno));
    struct ::stat about {};
    void* at = MAP_FAILED;
    const bool known = ::fstat(handle, &about) == 0;
    const auto size = static_cast<std::size_t>(about.st_size);
    if (known && size > 0) at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, handle, 0);
    const int why = errno;
    ::close(handle);
    if (known && size == 0) return status::failure("%s: expected bytes to map, found an empty file", path);
    if (at == MAP_FAILED) return status::failure("%s: could not be mapped (%s)", path, detail::system_text(why));
    file = mapped_file();
    file.bytes_ = {static_cast<const std::byte*>(at), size};
    return {};
  }

  [[nodiscard]] std::span<const std::byte> bytes() const& noexcept { return bytes_; }
  /// The bytes end with the file's object: it needs a name.
  std::span<const std::byte> bytes() const&& = delete;

private:
  std::span<const std::byte> bytes_{};
};

}  // namespace minnow
