#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  [[nodiscard]] int number() const noexcept { return number_; }
  [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }
  /// Closes the file. Returns false if the system reports an error. Errors of earlier writes may appear only here.
  [[nodiscard]] bool close() noexcept { return ::close(std::exchange(number_, -1)) == 0; }

private:
  int number_ = -1;
};

/// Returns a path in the form that the system takes.
///
/// throws  for an empty path, and for a path with a zero byte, where the system would end it
[[nodiscard]] inline const char* c_path(const std::string& path) {
  if (path.empty()) require(status::failure("expected a path, found an empty one"));
  if (const auto zero = path.find('\0'); zero != std::string::npos)
    require(status::failure("%s: expected a path without zero bytes, found one at index %zu of %zu", path.c_str(), zero,
                            path.size()));
  return path.c_str();
}

/// Describes what is at a path if it is not a regular file; null for a regular file.
[[nodiscard]] inline const char* no_file(::mode_t mode) noexcept {
  if (S_ISREG(mode)) return nullptr;
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO (a pipe)";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

[[nodiscard]] inline bool file_exists(const char* path) noexcept { return ::access(path, F_OK) == 0; }

/// Returns the failure for a missing file. It mentions a compressed file (.gz or .xz) next to the missing one.
///
/// takes_opener   true if the reader accepts minnow::gzip
inline status missing_file(const char* path, bool takes_opener) noexcept {
  if (file_exists((std::string(path) + ".gz").c_str())) {
    if (!takes_opener)
      return status::failure("%s: expected this file, found only its .gz; unpack it with gzip -dk", path);
    return status::failure(
        "%s: expected this file, found only its .gz; either #include \"minnow/data/gzip.hpp\", pass minnow::gzip to "
        "the "
        "reader as its last argument and link zlib (CMake target minnow::gzip), or unpack it with gzip -dk",
        path);
  }
  if (file_exists((std::string(path) + ".xz").c_str()))
    return status::failure("%s: expected this file, found only its .xz; unpack it: xz -dk %s.xz", path, path);
  return status::failure("%s: expected a file, found none (%s)", path, detail::system_text(ENOENT));
}

/// Opens a regular file for reading. `length` is the size that the system reports. It is 0 also for a file whose size
/// only reading tells, as in /proc. Anything but a regular file is refused without opening it, because opening a FIFO
/// would wait for its writer.
[[nodiscard]] inline status open_to_read(const char* path, descriptor& file, std::uint64_t& length,
                                         bool takes_opener = false) noexcept {
  const auto failed = [&](const char* what) {
    const int why = errno;
    if (why == ENOENT) return missing_file(path, takes_opener);
    return status::failure("%s: expected a file that can be %s, found: %s", path, what, detail::system_text(why));
  };
  struct ::stat about{};
  if (*path == '\0') return status::failure("expected a path, found an empty one");
  const auto refuse = [&] { return status::failure("%s: expected a file, found %s", path, no_file(about.st_mode)); };
  if (::stat(path, &about) != 0) return failed("opened");
  if (no_file(about.st_mode) != nullptr) return refuse();
  file = descriptor(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return failed("opened");
  if (::fstat(file.number(), &about) != 0) return failed("measured");
  if (no_file(about.st_mode) != nullptr) return refuse();  // the file was replaced in between
  length = static_cast<std::uint64_t>(about.st_size);
  return {};
}

}  // namespace minnow::detail
