#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/half.hpp>
#include <minnow/io/bytes.hpp>

namespace minnow {

static_assert(std::endian::native == std::endian::little,
              "minnow: files are little-endian, and so far only read and written on such processors");

/// Numbers with a shape, the last index fastest; a shape of no extents is that of one number.
struct tensor {
  std::vector<std::uint64_t> shape;  ///< as wide as files have it, on every processor
  std::vector<float> values;

  friend bool operator==(const tensor&, const tensor&) = default;
};

/// Tensors by name: what files of weights hold.
using tensors = std::map<std::string, tensor, std::less<>>;

namespace detail {

/// More extents than any layer has: a limit on what a file may claim.
inline constexpr std::size_t most_extents = 8;

/// What a shape counts; false where that, or its bytes as `width`, does not fit in 63 bits.
inline bool count_elements(std::span<const std::uint64_t> shape, std::size_t width, std::uint64_t& count) noexcept {
  const std::uint64_t limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / width;
  count = 1;
  bool fits = true;
  for (const std::uint64_t extent : shape) {
    if (extent == 0) {
      count = 0;
      return true;
    }
    fits = fits && count <= limit / extent;
    if (fits) count *= extent;
  }
  return fits;
}

/// A shape as sentences show it: (8, 3, 3, 3).
inline std::string text_of(std::span<const std::uint64_t> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

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

/// A kind of numbers in files of tensors, and how they become floats: exactly, or the nearest float.
struct number_kind {
  const char* safetensors;  ///< its name there; null where it has none
  const char* npy;
  std::size_t bytes;
  void (*widen)(const std::uint8_t* from, std::size_t count, float* to);
};

/// Numbers stand wherever the file has them: their address may be odd.
template <class Number, auto Value>
constexpr void (*widen)(const std::uint8_t*, std::size_t, float*) =
    [](const std::uint8_t* from, std::size_t count, float* to) {
      for (std::size_t i = 0; i < count; ++i) {
        Number n;
        std::memcpy(&n, from + i * sizeof n, sizeof n);
        to[i] = Value(n);
      }
    };
template <class Number>
inline constexpr auto as_float = [](Number n) { return static_cast<float>(n); };

inline constexpr number_kind number_kinds[] = {
    {"F64", "<f8", 8, widen<double, as_float<double>>},
    {"F32", "<f4", 4, widen<float, as_float<float>>},
    {"F16", "<f2", 2, widen<std::uint16_t, half_value>},
    // The upper half of a float.
    {"BF16", nullptr, 2,
     widen<std::uint16_t, [](std::uint16_t n) { return std::bit_cast<float>(static_cast<std::uint32_t>(n) << 16); }>},
    {"I64", "<i8", 8, widen<std::int64_t, as_float<std::int64_t>>},
    {"I32", "<i4", 4, widen<std::int32_t, as_float<std::int32_t>>},
    {"I16", "<i2", 2, widen<std::int16_t, as_float<std::int16_t>>},
    {"I8", "|i1", 1, widen<std::int8_t, as_float<std::int8_t>>},
    {"U64", "<u8", 8, widen<std::uint64_t, as_float<std::uint64_t>>},
    {"U32", "<u4", 4, widen<std::uint32_t, as_float<std::uint32_t>>},
    {"U16", "<u2", 2, widen<std::uint16_t, as_float<std::uint16_t>>},
    {"U8", "|u1", 1, widen<std::uint8_t, as_float<std::uint8_t>>},
    {"BOOL", "|b1", 1, widen<std::uint8_t, [](std::uint8_t n) { return n != 0 ? 1.0f : 0.0f; }>},
};

/// The kind of this name in one of the formats; null where it is unknown.
inline const number_kind* find_kind(const char* number_kind::*format, std::string_view name) noexcept {
  for (const number_kind& kind : number_kinds)
    if (kind.*format != nullptr && kind.*format == name) return &kind;
  return nullptr;
}

/// The names of all kinds in one of the formats, for sentences.
inline std::string kinds_of(const char* number_kind::*format) {
  std::string names;
  for (const number_kind& kind : number_kinds)
    if (kind.*format != nullptr) names += (names.empty() ? "" : ", ") + std::string(kind.*format);
  return names;
}

/// All bytes of a file.
inline status read_all(const char* path, std::vector<std::uint8_t>& bytes) noexcept {
  minnow::plain::file file;
  if (status outcome = file.open(path); !outcome) return outcome;
  return read_up_to(file, file.length(), bytes);
}

}  // namespace detail

}  // namespace minnow
