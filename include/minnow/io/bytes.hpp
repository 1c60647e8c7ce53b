#pragma once

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <minnow/core/error.hpp>

namespace minnow {

/// What `length()` of a file says that has to be read to know, as a compressed one.
inline constexpr std::uint64_t unknown_length = ~std::uint64_t{0};

namespace detail {

/// The last 160 characters of a path, so that a sentence of 511 has room for what was expected and found.
inline const char* shown(const char* path) noexcept {
  const std::size_t length = std::strlen(path);
  return path + (length > 160 ? length - 160 : 0);
}

struct file_closer {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using file_handle = std::unique_ptr<std::FILE, file_closer>;

inline bool exists(const std::string& path) noexcept { return file_handle(std::fopen(path.c_str(), "rb")) != nullptr; }

/// Why a file that is not there is not there: perhaps it still lies beside its place, compressed.
inline status missing_file(const char* path) noexcept {
  const char* name = shown(path);
  if (exists(std::string(path) + ".gz"))
    return status::failure(
        "%s: expected this file, found only its .gz; either #include \"minnow/io/gzip.hpp\", pass minnow::gzip to the "
        "reader as its last argument and link zlib (CMake target minnow::gzip), or unpack it with gzip -dk",
        name);
  if (exists(std::string(path) + ".xz"))
    return status::failure("%s: expected this file, found only its .xz; unpack it: xz -dk %s.xz", name, name);
  return status::failure("%s: expected a file, found none (%s)", name, detail::system_text(ENOENT));
}

}  // namespace detail

/// How a reader opens its files: a type with a `file` that is opened by path and read front to back.
///
/// open     a failure names the path
/// length   bytes in all, or unknown_length
/// read     fewer than `count` bytes only at the end of the file
///
/// None throws, and no reader does before its throwing form: only running out of memory ends the program.
template <class Opener>
concept opener = requires(typename Opener::file file, const char* path, std::uint8_t* to, std::size_t count,
                          std::size_t& got) {
  { file.open(path) }
  noexcept->std::same_as<status>;
  { file.length() }
  noexcept->std::same_as<std::uint64_t>;
  { file.read(to, count, got) }
  noexcept->std::same_as<status>;
};

/// Opens files as they are; what every reader does unless another opener is passed.
struct plain {
  class file {
  public:
    [[nodiscard]] status open(const char* path) noexcept {
      name_ = path;
      errno = 0;
      handle_.reset(std::fopen(path, "rb"));
      if (!handle_) return errno == ENOENT ? detail::missing_file(path) : failure("opened");
      // A folder opens like a file on some systems: only reading tells.
      if (std::fgetc(handle_.get()) == EOF && std::ferror(handle_.get()) != 0) return failure("read");
      if (std::fseek(handle_.get(), 0, SEEK_END) != 0) return failure("searched");
      const long end = std::ftell(handle_.get());
      if (end < 0) return failure("measured");
      length_ = static_cast<std::uint64_t>(end);
      std::rewind(handle_.get());
      return {};
    }

    [[nodiscard]] std::uint64_t length() const noexcept { return length_; }

    [[nodiscard]] status read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
      errno = 0;
      got = std::fread(to, 1, count, handle_.get());
      return got < count && std::ferror(handle_.get()) != 0 ? failure("read") : status{};
    }

  private:
    status failure(const char* what) const noexcept {
      return status::failure("%s: expected a file that can be %s, found: %s", detail::shown(name_.c_str()), what,
                             detail::system_text(errno));
    }

    detail::file_handle handle_;
    std::uint64_t length_ = 0;
    std::string name_;
  };
};

namespace detail {

/// Reads the rest of a file, at most `limit` bytes. The memory taken follows the bytes that came, never the limit,
/// which may be what a lying header promised.
template <class File>
[[nodiscard]] status read_up_to(File& file, std::uint64_t limit, std::vector<std::uint8_t>& bytes) noexcept {
  constexpr std::uint64_t first_step = 1 << 16;
  bytes.clear();
  if (file.length() != unknown_length) bytes.reserve(static_cast<std::size_t>(std::min(limit, file.length())));
  std::size_t size = 0;
  while (size < limit) {
    // What was reserved is filled in one go; beyond it the buffer doubles.
    const std::uint64_t next = std::max({first_step, std::uint64_t{2} * size, std::uint64_t{bytes.capacity()}});
    bytes.resize(static_cast<std::size_t>(std::min(limit, next)));
    std::size_t got = 0;
    if (status outcome = file.read(bytes.data() + size, bytes.size() - size, got); !outcome) return outcome;
    const bool ended = got < bytes.size() - size;
    size += got;
    if (ended) break;
  }
  bytes.resize(size);
  return {};
}

/// Reads the rest of a file, of which `before` bytes were read and exactly `count` must follow; `layout` says in words
/// what they are.
template <class File>
[[nodiscard]] status read_exactly(File& file, const char* path, std::uint64_t before, std::uint64_t count,
                                  const char* layout, std::vector<std::uint8_t>& bytes) noexcept {
  const unsigned long long expected = before + count;
  const auto refuse = [&](const char* more_than, std::uint64_t found) {
    return status::failure("%s: expected %llu bytes (%s), found %s%llu", shown(path), expected, layout, more_than,
                           static_cast<unsigned long long>(found));
  };
  if (file.length() != unknown_length && file.length() != before + count) return refuse("", file.length());
  if (status outcome = read_up_to(file, count + 1, bytes); !outcome) return outcome;
  if (bytes.size() > count) return refuse("more than ", before + count);
  return bytes.size() < count ? refuse("", before + bytes.size()) : status{};
}

}  // namespace detail

}  // namespace minnow
