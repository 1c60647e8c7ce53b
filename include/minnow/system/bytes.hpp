#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/regular_file.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow {

/// Returned by `length()` when the size is unknown before reading, for example with gzip.
inline constexpr std::uint64_t unknown_length = ~std::uint64_t{0};

/// How a reader opens its files: a type with a class `file` that is opened by path and read front to back.
///
/// open     fails with a message that names the path
/// length   bytes in all, or unknown_length
/// read     returns fewer than `count` bytes only at the end of the file
///
/// None of them throws.
template <class Opener>
concept opener =
    requires(typename Opener::file file, const char* path, std::uint8_t* to, std::size_t count, std::size_t& got) {
      { file.open(path) } noexcept -> std::same_as<status>;
      { file.length() } noexcept -> std::same_as<std::uint64_t>;
      { file.read(to, count, got) } noexcept -> std::same_as<status>;
    };

/// Opens files as they are. Every reader uses it unless another opener is passed.
struct plain {
  class file {
  public:
    [[nodiscard]] status open(const char* path) noexcept { return open(path, true); }
    /// takes_opener   true if the reader accepts minnow::gzip; a failure then advises it
    [[nodiscard]] status open(const char* path, bool takes_opener) noexcept {
      return detail::within_memory(path, [&] {
        name_ = path;
        return detail::open_to_read(path, handle_, length_, takes_opener);
      });
    }

    /// Files that the system generates when they are read, such as those in /proc, report the length 0.
    [[nodiscard]] std::uint64_t length() const noexcept { return length_ == 0 ? unknown_length : length_; }

    [[nodiscard]] status read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
      got = 0;
      while (got < count) {
        const ::ssize_t n = ::read(handle_.number(), to + got, std::min(count - got, std::size_t{1} << 30));
        if (n == 0) break;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
          return status::failure("%s: expected a file that can be read, found: %s", name_.c_str(),
                                 detail::system_text(errno));
        got += index(n);
      }
      return {};
    }

  private:
    detail::descriptor handle_;
    std::uint64_t length_ = 0;
    std::string name_;
  };
};

namespace detail {

/// Bytes in memory with the interface of a file.
class bytes_as_file {
public:
  explicit bytes_as_file(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] std::uint64_t length() const noexcept { return bytes_.size(); }
  [[nodiscard]] status read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
    got = std::min(count, bytes_.size() - at_);
    if (got > 0) std::memcpy(to, bytes_.data() + at_, got);
    at_ += got;
    return {};
  }

private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

/// Reads the rest of a file, at most `limit` bytes. Memory grows with the bytes that arrive, not with the limit, which
/// may come from a false header.
template <class File, class Byte>
[[nodiscard]] status read_up_to(File& file, std::uint64_t limit, std::vector<Byte>& bytes) {
  static_assert(sizeof(Byte) == 1);
  constexpr std::uint64_t first_step = 1 << 16;
  bytes.clear();
  if (file.length() != unknown_length) bytes.reserve(index(std::min(limit, file.length())));
  std::size_t size = 0;
  while (size < limit) {
    // The reserved capacity is filled in one read; beyond it, the buffer doubles.
    const std::uint64_t next = std::max({first_step, std::uint64_t{2} * size, std::uint64_t{bytes.capacity()}});
    bytes.resize(index(std::min(limit, next)));
    std::size_t got = 0;
    if (status outcome = file.read(reinterpret_cast<std::uint8_t*>(bytes.data()) + size, bytes.size() - size, got);
        !outcome)
      return outcome;
    const bool ended = got < bytes.size() - size;
    size += got;
    if (ended) break;
  }
  bytes.resize(size);
  return {};
}

/// Skips the next `count` bytes of a file, or fewer if the file ends earlier.
template <class File>
[[nodiscard]] status skip(File& file, std::uint64_t count) {
  std::uint8_t bytes[1 << 13];
  while (count > 0) {
    std::size_t got = 0;
    if (status outcome = file.read(bytes, index(std::min<std::uint64_t>(count, sizeof bytes)), got); !outcome)
      return outcome;
    if (got == 0) break;
    count -= got;
  }
  return {};
}

/// Reads the rest of a file, after `before` bytes were read; exactly `count` bytes must follow. `layout` describes the
/// bytes in error messages.
template <class File>
[[nodiscard]] status read_exactly(File& file, const char* path, std::uint64_t before, std::uint64_t count,
                                  const char* layout, std::vector<std::uint8_t>& bytes) {
  const unsigned long long expected = before + count;
  const auto refuse = [&](const char* more_than, std::uint64_t found) {
    return status::failure("%s: expected %llu bytes (%s), found %s%llu", path, expected, layout, more_than,
                           static_cast<unsigned long long>(found));
  };
  if (file.length() != unknown_length && file.length() != before + count) return refuse("", file.length());
  if (status outcome = read_up_to(file, count + 1, bytes); !outcome) return outcome;
  if (bytes.size() > count) return refuse("more than ", before + count);
  return bytes.size() < count ? refuse("", before + bytes.size()) : status{};
}

}  // namespace detail

}  // namespace minnow
