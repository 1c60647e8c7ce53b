#pragma once

#include <minnow/system/regular_file.hpp>

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD descriptor::~descriptor() {
  if (number_ >= 0) ::close(number_);
}

MINNOW_COLD bool descriptor::close() noexcept { return ::close(std::exchange(number_, -1)) == 0; }

MINNOW_COLD const char* c_path(const std::string& path) {
  if (path.empty()) require(status::failure("expected a path, found an empty one"));
  if (const auto zero = path.find('\0'); zero != std::string::npos)
    require(status::failure("%s: expected a path without zero bytes, found one at index %zu of %zu", path.c_str(), zero,
                            path.size()));
  return path.c_str();
}

MINNOW_COLD const char* no_file(::mode_t mode) noexcept {
  if (S_ISREG(mode)) return nullptr;
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a FIFO (a pipe)";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

MINNOW_COLD bool file_exists(const char* path) noexcept { return ::access(path, F_OK) == 0; }

/// Returns the failure for a missing file. The message also mentions a compressed file (.gz or .xz) of the same name,
/// if there is one.
///
/// takes_opener   true if the reader accepts minnow::gzip
MINNOW_COLD status missing_file(const char* path, bool takes_opener) noexcept {
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

MINNOW_COLD status open_to_read(const char* path, descriptor& file, std::uint64_t& length, bool takes_opener) noexcept {
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
  if (no_file(about.st_mode) != nullptr) return refuse();  // the file was replaced between the check and the opening
  length = static_cast<std::uint64_t>(about.st_size);
  return {};
}

}  // namespace minnow::detail
