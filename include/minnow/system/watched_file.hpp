#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/regular_file.hpp>

namespace minnow::detail {

/// A file that can be read at any offset as long as it has not changed since it was first opened. Reading fails if the
/// file became shorter, was written to or was replaced. In a mapped file, a missing page would raise a signal that ends
/// the program.
class watched_file {
public:
  /// Opens a regular file and remembers its size, device, inode and time of the last write.
  [[nodiscard]] status open(const std::string& path) {
    close();
    path_ = path;
    return open_into(known_);
  }
  /// Closes the system's handle. The next read opens the file again.
  void close() noexcept { handle_ = descriptor(); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return known_.size; }
  [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(handle_); }

  /// Reads to.size() bytes from offset `at` on.
  [[nodiscard]] status read(std::uint64_t at, std::span<std::byte> to) noexcept {
    identity now;
    if (!handle_) {
      if (status outcome = open_into(now); !outcome) return outcome;
      if (now != known_) return changed(now);
    }
    while (!to.empty()) {
      const ::ssize_t got = ::pread(handle_.number(), to.data(), to.size(), static_cast<::off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return status::failure("%s: could not be read (%s)", path_.c_str(), system_text(errno));
      if (got == 0) break;
      at += static_cast<std::uint64_t>(got);
      to = to.subspan(index(got));
    }
    if (status outcome = look(now); !outcome) return outcome;
    return to.empty() && now == known_ ? status{} : changed(now);
  }

private:
  struct identity {
    std::uint64_t size = 0;
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    std::int64_t written = 0;  ///< seconds
    std::int64_t written_nanoseconds = 0;
    friend bool operator==(const identity&, const identity&) = default;
  };

  [[nodiscard]] status open_into(identity& found) noexcept {
    std::uint64_t length = 0;
    if (status outcome = open_to_read(path_.c_str(), handle_, length); !outcome) return outcome;
    status outcome = look(found);
    if (!outcome) close();
    return outcome;
  }
  [[nodiscard]] status look(identity& found) const noexcept {
    struct ::stat about{};
    if (::fstat(handle_.number(), &about) != 0)
      return status::failure("%s: its status could not be read (%s)", path_.c_str(), system_text(errno));
#if defined(__APPLE__)
    const auto& written = about.st_mtimespec;
#else
    const auto& written = about.st_mtim;
#endif
    found = {static_cast<std::uint64_t>(about.st_size), static_cast<std::uint64_t>(about.st_dev),
             static_cast<std::uint64_t>(about.st_ino), static_cast<std::int64_t>(written.tv_sec),
             static_cast<std::int64_t>(written.tv_nsec)};
    return {};
  }
  [[nodiscard]] status changed(const identity& now) const noexcept {
    return status::failure(
        "%s: expected the file of %llu bytes that was opened, found it changed since then (%llu bytes)", path_.c_str(),
        static_cast<unsigned long long>(known_.size), static_cast<unsigned long long>(now.size));
  }

  std::string path_;
  descriptor handle_;
  identity known_;
};

}  // namespace minnow::detail
