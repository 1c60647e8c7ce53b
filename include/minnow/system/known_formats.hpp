#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

/// Identifies files by their first bytes, for error messages about files of another kind than the reader expects:
/// failed downloads, archives, files of other programs.
namespace minnow::detail {

/// Number of bytes at the start of a file that are enough to identify it.
inline constexpr std::size_t head_of_file = 512;

/// Identifies a file by its first bytes. Returns an empty string if the kind is unknown.
[[nodiscard]] std::string what_is_this(std::span<const std::uint8_t> bytes);

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/known_formats.ipp>
#endif
