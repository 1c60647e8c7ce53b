#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <minnow/core/error.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/known_formats.hpp>
#include <minnow/system/regular_file.hpp>
#include <minnow/system/within_memory.hpp>

/// A wrapper for all readers of files. It turns exceptions into failures and improves their messages.
namespace minnow::detail {

/// Returns `refusal`, or a more precise failure if the file begins like a known file of another kind.
///
/// gzip_advice   advice for gzip data
[[nodiscard]] inline status recognized(std::span<const std::uint8_t> head, const char* name, const char* expected,
                                       const char* gzip_advice, const status& refusal) {
  std::string found = what_is_this(head);
  const std::string_view wanted(expected);
  if (found.empty() || wanted.starts_with(found) || (found.starts_with("a text ") && wanted.starts_with("a text ")))
    return refusal;
  if (found == "gzip data") found += gzip_advice;
  return status::failure("%s: expected %s, found %s", name, expected, found.c_str());
}

inline constexpr const char* unpack_gzip = ": unpack it with gzip -dk";

/// Runs the body of a reader of a file. If it fails and the first bytes of the file identify another kind, the failure
/// names that kind.
///
/// Opener     how the reader opens the file; void: as it is, and no other way
/// expected   the file's kind in words; for a kind that `what_is_this` knows, it begins with those words
template <class Opener = void, class Body>
[[nodiscard]] status reading(const char* path, const char* expected, Body&& body) noexcept {
  const status said = within_memory(path, body);
  if (said.ok()) return said;
  return within_memory(path, [&]() -> status {
    using used = std::conditional_t<std::is_void_v<Opener>, minnow::plain, Opener>;
    typename used::file file;
    std::uint8_t head[head_of_file];
    std::size_t got = 0;
    if (!file.open(path) || !file.read(head, sizeof head, got)) return said;
    const char* const advice =
        std::is_void_v<Opener> ? unpack_gzip
        : std::is_same_v<Opener, minnow::plain>
            ? ": #include \"minnow/data/gzip.hpp\", pass minnow::gzip to the reader as its last argument and "
              "link zlib (CMake target minnow::gzip), or unpack it with gzip -dk"
            : " inside gzip data: it was packed twice, unpack it once with gzip -dk";
    return recognized({head, got}, path, expected, advice, said);
  });
}

[[nodiscard]] inline std::span<const std::uint8_t> as_numbers(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

/// Overload for bytes in memory; `name` begins the error messages.
template <class Body>
[[nodiscard]] status reading(std::span<const std::uint8_t> bytes, const char* name, const char* expected,
                             Body&& body) noexcept {
  const status said = within_memory(name, body);
  if (said.ok()) return said;
  return within_memory(name, [&] { return recognized(bytes, name, expected, unpack_gzip, said); });
}

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
