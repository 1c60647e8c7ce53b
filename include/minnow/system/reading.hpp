#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include <minnow/core/error.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/function_ref.hpp>
#include <minnow/system/regular_file.hpp>
#include <minnow/system/within_memory.hpp>

/// A wrapper around every reader of files. It turns exceptions into failures and makes their messages more precise.
namespace minnow::detail {

/// A type-erased opener: how a reader opens its files.
struct file_opener {
  status (*with_file)(const char* path, function_ref<status(byte_source)> body);
  const char* gzip_advice;  ///< advice in the message if the file holds gzip data
};

/// The `file_opener` of an opener that the reader's caller chooses.
template <opener Opener>
inline constexpr file_opener opener_of{
    &with_file<Opener>,
    std::is_same_v<Opener, minnow::plain>
        ? ": #include \"minnow/data/gzip.hpp\", pass minnow::gzip to the reader as its last argument "
          "and link zlib (CMake target minnow::gzip), or unpack it with gzip -dk"
        : " inside gzip data: it was packed twice, unpack it once with gzip -dk"};

/// The `file_opener` of readers that accept no other opener and open files without decompression.
inline constexpr file_opener only_plain{&with_file<minnow::plain>, ": unpack it with gzip -dk"};

/// Runs `body`, which reads a file. If it fails and the first bytes of the file identify another kind of file, the
/// failure names that kind.
///
/// expected   the kind of file in words. If `what_is_this` knows the kind, this text begins with the text that
///            `what_is_this` returns
/// how        how the reader opens the file
[[nodiscard]] status reading(const char* path, const char* expected, function_ref<status()> body,
                             const file_opener& how = only_plain) noexcept;

/// Like `reading`, but also opens the file and passes it to the body.
[[nodiscard]] status reading_file(const char* path, const char* expected, const file_opener& how,
                                  function_ref<status(byte_source)> body) noexcept;

[[nodiscard]] inline std::span<const std::uint8_t> as_numbers(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

/// Overload for bytes in memory; `name` begins the error messages.
[[nodiscard]] status reading(std::span<const std::uint8_t> bytes, const char* name, const char* expected,
                             function_ref<status()> body) noexcept;

#if defined(__cpp_exceptions)

/// Implements the throwing form of a reader: calls read(path, result), which returns a status, and returns the result.
template <class Result, class Read>
[[nodiscard]] Result loaded(const std::string& path, Read&& read) {
  Result result;
  require(read(c_path(path), result));
  return result;
}

#endif

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/reading.ipp>
#endif
