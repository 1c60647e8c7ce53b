#pragma once

#include <minnow/exchange/npy_header.hpp>

#include <algorithm>
#include <limits>
#include <utility>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/system/quoted.hpp>

namespace minnow::detail {

MINNOW_COLD status npy_dictionary::read() {
  for (const char c : rest_)
    if ((static_cast<unsigned char>(c) < 0x20 && spaces.find(c) == spaces.npos) ||
        static_cast<unsigned char>(c) >= 0x7f)
      return status::failure("%s: expected a header of ASCII characters, found the byte 0x%02x", file_,
                             static_cast<unsigned>(static_cast<unsigned char>(c)));
  if (!take('{')) return refuse("a dictionary in the header");
  while (!take('}')) {
    std::string key;
    if (!take_text(key)) return refuse("a key of the header in quotation marks, or its closing brace");
    if (!take(':')) return refuse("a colon after the header's key");
    if (status outcome = read_value(key); !outcome) return outcome;
    if (take(',')) continue;
    if (!take('}')) return refuse("a comma or the closing brace of the header");
    break;
  }
  skip_space();
  if (!rest_.empty()) return refuse("only spaces after the header's dictionary");
  for (const auto& [key, seen] :
       {std::pair{"descr", seen_descr_}, std::pair{"fortran_order", seen_order_}, std::pair{"shape", seen_shape_}})
    if (!seen) return status::failure("%s: expected the key '%s' in the header, found none", file_, key);
  return {};
}

MINNOW_COLD status npy_dictionary::refuse(const char* expected) const {
  return status::failure("%s: expected %s, found %s", file_, expected,
                         rest_.empty() ? "its end" : in_quotes(rest_).c_str());
}

MINNOW_COLD status npy_dictionary::read_value(const std::string& key) {
  skip_space();
  bool* seen = key == "descr"           ? &seen_descr_
               : key == "fortran_order" ? &seen_order_
               : key == "shape"         ? &seen_shape_
                                        : nullptr;
  if (seen == nullptr)
    return status::failure("%s: expected the keys descr, fortran_order and shape alone in the header, found %s", file_,
                           in_quotes(key).c_str());
  if (std::exchange(*seen, true))
    return status::failure("%s: expected the key '%s' once in the header, found it twice", file_, key.c_str());
  if (key == "descr") return take_text(descr) ? status{} : refuse("one number type in 'descr'");
  if (key == "shape") return read_shape();
  for (const bool value : {true, false}) {
    const std::string_view word = value ? "True" : "False";
    if (!rest_.starts_with(word)) continue;
    rest_.remove_prefix(word.size());
    fortran_order = value;
    return {};
  }
  return refuse("True or False in 'fortran_order'");
}

MINNOW_COLD status npy_dictionary::read_shape() {
  constexpr const char* expected = "a tuple of whole numbers in 'shape'";
  if (!take('(')) return refuse(expected);
  bool comma = true;
  while (!take(')')) {
    if (!comma) return refuse(expected);
    std::uint64_t extent = 0;
    skip_space();
    if (rest_.empty() || !is_digit(rest_.front())) return refuse(expected);
    // Python does not allow leading zeros, as in 04.
    if (rest_.front() == '0' && rest_.size() > 1 && is_digit(rest_[1])) return refuse(expected);
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
      const auto digit = static_cast<std::uint64_t>(rest_.front() - '0');
      if (extent > (std::numeric_limits<std::uint64_t>::max() - digit) / 10)
        return status::failure("%s: expected extents below 2^64 in 'shape', found a larger one", file_);
      extent = 10 * extent + digit;
    }
    if (!rest_.empty() && rest_.front() == 'L') rest_.remove_prefix(1);  // skips the suffix of Python 2's long integers
    if (shape.size() == most_extents)
      return status::failure("%s: expected at most %zu extents in 'shape', found more", file_, most_extents);
    shape.push_back(extent);
    comma = take(',');
  }
  // In Python, (3) is a number and not a tuple.
  return shape.size() == 1 && !comma ? refuse("a comma after the single number in 'shape'") : status{};
}

MINNOW_COLD void npy_dictionary::skip_space() noexcept {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(spaces), rest_.size()));
}

MINNOW_COLD bool npy_dictionary::take(char c) noexcept {
  skip_space();
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

MINNOW_COLD bool npy_dictionary::take_text(std::string& text) {
  skip_space();
  if (rest_.starts_with("u'") || rest_.starts_with("u\"")) rest_.remove_prefix(1);  // Python 2's Unicode prefix
  if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) return false;
  const std::size_t end = rest_.find(rest_.front(), 1);
  if (end == std::string_view::npos) return false;
  text = rest_.substr(1, end - 1);
  rest_.remove_prefix(end + 1);
  return true;
}

MINNOW_COLD const number_kind* npy_kind(std::string_view descr, bool& swapped) noexcept {
  constexpr std::pair<std::string_view, std::string_view> letters[] = {
      {"d", "f8"}, {"f", "f4"}, {"e", "f2"}, {"q", "i8"}, {"l", "i8"}, {"p", "i8"}, {"i", "i4"}, {"h", "i2"},
      {"b", "i1"}, {"Q", "u8"}, {"L", "u8"}, {"P", "u8"}, {"I", "u4"}, {"H", "u2"}, {"B", "u1"}, {"?", "b1"}};
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"float64", "f8"}, {"double", "f8"}, {"float", "f8"},  {"float32", "f4"}, {"single", "f4"},
      {"float16", "f2"}, {"half", "f2"},   {"int64", "i8"},  {"int", "i8"},     {"int32", "i4"},
      {"int16", "i2"},   {"int8", "i1"},   {"uint64", "u8"}, {"uint", "u8"},    {"uint32", "u4"},
      {"uint16", "u2"},  {"uint8", "u1"},  {"bool", "b1"},   {"bool_", "b1"}};
  swapped = false;
  bool ordered = false;
  if (!descr.empty() && std::string_view("<>=|").find(descr.front()) != std::string_view::npos) {
    swapped = descr.front() == '>';
    ordered = true;
    descr.remove_prefix(1);
  }
  for (const auto& [letter, size] : letters)
    if (descr == letter) descr = size;
  for (const auto& [word, size] : words)
    if (!ordered && descr == word) descr = size;
  for (const number_kind& kind : number_kinds())
    if (kind.npy != nullptr && std::string_view(kind.npy).substr(1) == descr) return &kind;
  return nullptr;
}

}  // namespace minnow::detail
