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
#include <minnow/system/within_memory.hpp>

/// What all readers of files have around them.
namespace minnow::detail {

/// A refusal, or a better one where the file begins as a known one of another kind.
///
/// gzip_advice   what to do with gzip data
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

/// Runs the body of a reader of a file. A refusal says what the file is, where its beginning tells.
///
/// Opener     how the reader opens the file; void: as it is, and no other way
/// expected   the file's kind in words; where `what_is_this` knows it, beginning with its words
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

/// The same for bytes in memory; `name` stands in the sentences.
template <class Body>
[[nodiscard]] status reading(std::span<const std::uint8_t> bytes, const char* name, const char* expected,
                             Body&& body) noexcept {
  const status said = within_memory(name, body);
  if (said.ok()) return said;
  return within_memory(name, [&] { return recognized(bytes, name, expected, unpack_gzip, said); });
}

}  // namespace minnow::detail
