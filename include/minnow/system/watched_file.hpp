#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <minnow/core/error.hpp>
#include <minnow/system/regular_file.hpp>

namespace minnow::detail {

/// A file that can be read at any offset as long as it has not changed since it was first opened. Reading fails if the
/// file became shorter, was written to or was replaced. A mapped file would instead raise a signal that ends the
/// program if a page is missing.
class watched_file {
public:
  /// Opens a regular file and remembers its size, device, inode and time of the last write.
  [[nodiscard]] status open(const std::string& path);
  /// Closes the system's handle. The next read opens the file again.
  void close() noexcept { handle_ = descriptor(); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return known_.size; }
  [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(handle_); }

  /// Reads to.size() bytes from offset `at` on.
  [[nodiscard]] status read(std::uint64_t at, std::span<std::byte> to) noexcept;

private:
  struct identity {
    std::uint64_t size = 0;
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    std::int64_t written = 0;  ///< seconds
    std::int64_t written_nanoseconds = 0;
    friend bool operator==(const identity&, const identity&) = default;
  };

  [[nodiscard]] status open_into(identity& found) noexcept;
  [[nodiscard]] status look(identity& found) const noexcept;
  [[nodiscard]] status changed(const identity& now) const noexcept;

  std::string path_;
  descriptor handle_;
  identity known_;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/watched_file.ipp>
#endif
