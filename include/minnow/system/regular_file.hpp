#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <sys/types.h>

#include <minnow/core/error.hpp>

namespace minnow::detail {

/// An open file, owned through its POSIX file descriptor.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~descriptor();

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }
  /// Closes the file. Returns false if the system reports an error. Errors of earlier writes may appear only here.
  [[nodiscard]] bool close() noexcept;

private:
  int number_ = -1;
};

/// Returns a path in the form that system calls take.
///
/// throws  for an empty path, and for a path with a zero byte, at which the system would end the path
[[nodiscard]] const char* c_path(const std::string& path);

/// Describes the kind of a file that is not a regular file, for example "a folder"; null for a regular file.
[[nodiscard]] const char* no_file(::mode_t mode) noexcept;

[[nodiscard]] bool file_exists(const char* path) noexcept;

/// Opens a regular file for reading. `length` is the size that the system reports. It is also 0 for a file whose size
/// is unknown before reading, as in /proc. Anything but a regular file is refused without being opened, because opening
/// a FIFO would wait for its writer.
///
/// takes_opener   true if the reader accepts minnow::gzip; the message for a missing file then recommends it
[[nodiscard]] status open_to_read(const char* path, descriptor& file, std::uint64_t& length,
                                  bool takes_opener = false) noexcept;

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/regular_file.ipp>
#endif
