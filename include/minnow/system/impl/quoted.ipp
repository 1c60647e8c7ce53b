#pragma once

#include <minnow/system/quoted.hpp>

#include <cstddef>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD std::string in_quotes(std::string_view words) {
  constexpr std::size_t most = 80;
  std::string text(words.substr(0, most));
  if (words.size() > most) {
    // Moves the cut back to the beginning of a UTF-8 character: all further bytes of a character begin with the bits
    // 10.
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(words[end]) & 0xc0u) == 0x80u) --end;
    text.resize(end);
    text += "...";
  }
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return "'" + text + "'";
}

}  // namespace minnow::detail
