#pragma once

// Checks that a reader of models refuses damaged files: files with one changed byte, and files that are too short or
// too long. Repaired checksums let the damage reach the checks after the checksum.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <minnow/files/container.hpp>

#include "system/data_files.hpp"

namespace data_files {

inline void repair_checksum(bytes& file) {
  for (std::size_t i = 36; i < 40; ++i) file.at(i) = 0;
  const std::uint32_t crc = minnow::detail::crc32(std::as_bytes(std::span(file)));
  for (std::size_t i = 0; i < 4; ++i) file.at(36 + i) = static_cast<std::uint8_t>(crc >> (8 * i));
}

/// Changes each byte of a valid file to several values. Returns a description of the first change that `read(path)`
/// does not refuse with a message that contains "expected" and "found". Returns an empty text if all changes are
/// refused.
template <class Read>
std::string changed_byte_accepted(const folder& where, const bytes& sound, Read read) {
  for (std::size_t at = 0; at < sound.size(); ++at) {
    const auto original = static_cast<unsigned>(sound[at]);
    for (const unsigned value : {original ^ 1u, original ^ 0x80u, 0u, 255u, (original + 1) % 256}) {
      if (value == original) continue;
      bytes damaged = sound;
      damaged[at] = static_cast<std::uint8_t>(value);
      const std::string said = read(where.write("damaged", damaged)).message();
      if (said.find("expected") == std::string::npos || said.find("found") == std::string::npos)
        return "byte " + std::to_string(at) + " as " + std::to_string(value) + ": " +
               (said.empty() ? "accepted" : said);
    }
  }
  return {};
}

/// Tries lengths shorter and somewhat longer than a valid file's. Returns a description of the first length that
/// `read(path)` does not refuse. Returns an empty text if all lengths are refused.
template <class Read>
std::string other_length_accepted(const folder& where, const bytes& sound, Read read) {
  const auto refused = [&](const bytes& file, const char* word) {
    const std::string said = read(where.write("damaged", file)).message();
    return said.find(word) != std::string::npos &&
           said.find("expected " + std::to_string(sound.size()) + " bytes") != std::string::npos;
  };
  for (std::size_t length = 0; length < sound.size(); ++length)
    if (!refused(first(sound, length), "truncated")) return "truncated to " + std::to_string(length);
  for (const std::size_t more : {1, 2, 63, 64, 100000}) {
    bytes longer = sound;
    longer.resize(sound.size() + more);
    if (!refused(longer, "wrong length")) return "longer by " + std::to_string(more);
  }
  return {};
}

}  // namespace data_files
