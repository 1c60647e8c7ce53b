#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace minnow::detail {

/// A file's own words as sentences show them: at most 80 bytes, whole characters, none that controls a terminal.
inline std::string in_quotes(std::string_view words) {
  constexpr std::size_t most = 80;
  std::string text(words.substr(0, most));
  if (words.size() > most) {
    // The rest of a character that was cut begins with 10 in its bits.
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
