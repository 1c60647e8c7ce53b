#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/system/function_ref.hpp>
#include <minnow/system/regular_file.hpp>

namespace minnow {

/// Returned by `length()` when the size is unknown before reading, for example with gzip.
inline constexpr std::uint64_t unknown_length = ~std::uint64_t{0};

/// A type that defines how a reader opens its files, for example with decompression. Its member class `file` is opened
/// by path and read from front to back.
///
/// open     fails with a message that names the path
/// length   bytes in all, or unknown_length
/// read     returns fewer than `count` bytes only at the end of the file
///
/// None of these functions throws.
template <class Opener>
concept opener =
    requires(typename Opener::file file, const char* path, std::uint8_t* to, std::size_t count, std::size_t& got) {
      { file.open(path) } noexcept -> std::same_as<status>;
      { file.length() } noexcept -> std::same_as<std::uint64_t>;
      { file.read(to, count, got) } noexcept -> std::same_as<status>;
    };

/// Opens files without decompression. Every reader uses it unless another opener is passed.
struct plain {
  class file {
  public:
    [[nodiscard]] status open(const char* path) noexcept { return open(path, true); }
    /// takes_opener   true if the reader accepts minnow::gzip; the message of a failure then recommends it
    [[nodiscard]] status open(const char* path, bool takes_opener) noexcept;

    /// Files that the system generates when they are read, for example in /proc, report the length 0.
    [[nodiscard]] std::uint64_t length() const noexcept { return length_ == 0 ? unknown_length : length_; }

    [[nodiscard]] status read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept;

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
  [[nodiscard]] status read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept;

private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

/// A type-erased reference to an open file of any opener, or to other bytes with the interface of a file. Does not own
/// the file.
class byte_source {
public:
  template <class File>
    requires(!std::is_same_v<std::remove_cv_t<File>, byte_source>)
  byte_source(File& file) noexcept
      : file_(&file),
        length_([](const void* self) noexcept { return static_cast<const File*>(self)->length(); }),
        read_([](void* self, std::uint8_t* to, std::size_t count, std::size_t& got) {
          return static_cast<File*>(self)->read(to, count, got);
        }) {}

  [[nodiscard]] std::uint64_t length() const noexcept { return length_(file_); }
  [[nodiscard]] status read(std::uint8_t* to, std::size_t count, std::size_t& got) const {
    return read_(file_, to, count, got);
  }

private:
  void* file_;
  std::uint64_t (*length_)(const void*) noexcept;
  status (*read_)(void*, std::uint8_t*, std::size_t, std::size_t&);
};

/// Opens a file as `Opener` does, and returns body(file).
template <opener Opener>
[[nodiscard]] status with_file(const char* path, function_ref<status(byte_source)> body) {
  typename Opener::file file;
  if (status outcome = file.open(path); !outcome) return outcome;
  return body(file);
}

/// Reads the rest of a file, at most `limit` bytes. Memory grows with the bytes that arrive, not with the limit, which
/// may come from a corrupt header.
[[nodiscard]] status read_up_to(byte_source file, std::uint64_t limit, std::vector<std::uint8_t>& bytes);
[[nodiscard]] status read_up_to(byte_source file, std::uint64_t limit, std::vector<std::byte>& bytes);

/// Skips the next `count` bytes of a file, or fewer if the file ends earlier.
[[nodiscard]] status skip(byte_source file, std::uint64_t count);

/// Reads the rest of a file, after `before` bytes were read; exactly `count` bytes must follow. `layout` describes the
/// bytes in error messages.
[[nodiscard]] status read_exactly(byte_source file, const char* path, std::uint64_t before, std::uint64_t count,
                                  const char* layout, std::vector<std::uint8_t>& bytes);

}  // namespace detail

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/bytes.ipp>
#endif
