#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/io/bytes.hpp>
#include <minnow/io/container.hpp>
#include <minnow/io/tensors.hpp>

/// NumPy's .npy files: a magic, a version, the length of a header, the header as a Python dictionary, the numbers.
///
/// xtensor has a reader of its own (xtensor/io/xnpy.hpp), which this one does not stand on. It multiplies the header's
/// extents without a look at overflow or at the file, allocates that, and takes no notice when the file ends before; it
/// reads the header's length through characters, so that 246 becomes 65526 where these are signed; it asks for the keys
/// in one order and knows neither version 3 nor 16-bit floats. Once all that is checked here, only a copy is left.
namespace minnow {

namespace detail {

inline constexpr std::string_view npy_magic{"\x93NUMPY", 6};

/// A header's dictionary, read front to back: just the Python that such a header may have.
class npy_dictionary {
public:
  npy_dictionary(std::string_view text, const char* file) noexcept : rest_(text), file_(file) {}

  std::string descr;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;

  [[nodiscard]] status read() noexcept {
    for (const char c : rest_)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || static_cast<unsigned char>(c) >= 0x7f)
        return status::failure("%s: expected a header of ASCII characters, found the byte 0x%02x", file_,
                               static_cast<unsigned>(static_cast<unsigned char>(c)));
    if (rest_.empty() || rest_.back() != '\n') return refuse("a header that ends with a line feed");
    rest_.remove_suffix(1);
    if (!take('{')) return refuse("a dictionary in the header");
    while (!take('}')) {
      std::string key;
      if (!take_text(key)) return refuse("a key of the header in quotation marks, or its closing brace");
      if (!take(':')) return refuse("a colon behind the header's key");
      if (status outcome = read_value(key); !outcome) return outcome;
      if (take(',')) continue;
      if (!take('}')) return refuse("a comma or the closing brace of the header");
      break;
    }
    skip_space();
    if (!rest_.empty()) return refuse("spaces behind the header's dictionary");
    for (const auto& [key, seen] :
         {std::pair{"descr", seen_descr_}, std::pair{"fortran_order", seen_order_}, std::pair{"shape", seen_shape_}})
      if (!seen) return status::failure("%s: expected the key '%s' in the header, found none", file_, key);
    return {};
  }

private:
  [[nodiscard]] status refuse(const char* expected) const noexcept {
    return status::failure("%s: expected %s, found %s", file_, expected,
                           rest_.empty() ? "its end" : in_quotes(rest_).c_str());
  }

  [[nodiscard]] status read_value(const std::string& key) noexcept {
    skip_space();
    bool* seen = key == "descr"           ? &seen_descr_
                 : key == "fortran_order" ? &seen_order_
                 : key == "shape"         ? &seen_shape_
                                          : nullptr;
    if (seen == nullptr)
      return status::failure("%s: expected the keys descr, fortran_order and shape alone in the header, found %s",
                             file_, in_quotes(key).c_str());
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

  [[nodiscard]] status read_shape() noexcept {
    constexpr const char* expected = "a tuple of whole numbers in 'shape'";
    if (!take('(')) return refuse(expected);
    bool comma = true;
    while (!take(')')) {
      if (!comma) return refuse(expected);
      std::uint64_t extent = 0;
      skip_space();
      if (rest_.empty() || !is_digit(rest_.front())) return refuse(expected);
      // Python knows no 04.
      if (rest_.front() == '0' && rest_.size() > 1 && is_digit(rest_[1])) return refuse(expected);
      for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
        const auto digit = static_cast<std::uint64_t>(rest_.front() - '0');
        if (extent > (std::numeric_limits<std::uint64_t>::max() - digit) / 10)
          return status::failure("%s: expected extents below 2^64 in 'shape', found a larger one", file_);
        extent = 10 * extent + digit;
      }
      if (shape.size() == most_extents)
        return status::failure("%s: expected at most %zu extents in 'shape', found more", file_, most_extents);
      shape.push_back(extent);
      comma = take(',');
    }
    // Python's (3) is a number and no tuple.
    return shape.size() == 1 && !comma ? refuse("a comma behind the one number in 'shape'") : status{};
  }

  static bool is_digit(char c) noexcept { return '0' <= c && c <= '9'; }
  void skip_space() noexcept { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  bool take(char c) noexcept {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_text(std::string& text) noexcept {
    skip_space();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) return false;
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) return false;
    text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::string_view rest_;
  const char* file_;
  bool seen_descr_ = false;
  bool seen_order_ = false;
  bool seen_shape_ = false;
};

/// Numbers whose first index is fastest, as numbers whose last one is.
inline std::vector<float> last_index_fastest(const std::vector<std::uint64_t>& shape, const std::vector<float>& from) {
  std::vector<float> to(from.size());
  std::vector<std::uint64_t> index(shape.size());
  for (float& value : to) {
    std::uint64_t at = 0;
    for (std::size_t axis = shape.size(); axis > 0; --axis) at = at * shape[axis - 1] + index[axis - 1];
    value = from[static_cast<std::size_t>(at)];
    for (std::size_t axis = shape.size(); axis > 0 && ++index[axis - 1] == shape[axis - 1]; --axis) index[axis - 1] = 0;
  }
  return to;
}

}  // namespace detail

/// Reads an array from the bytes of a .npy file of version 1, 2 or 3; `name` stands in its sentences. Numbers of other
/// types than 32-bit floats become the nearest of these; Fortran's order becomes C's.
///
/// refuses   big-endian, complex, text and record types; more than 8 extents; missing, doubled or unknown keys;
///           numbers that are more or fewer than the shape's; `out` stays as it was
[[nodiscard]] inline status read_npy(std::span<const std::uint8_t> file, const char* name, tensor& out) noexcept {
  using namespace detail;
  const char* where = shown(name);
  if (file.size() < npy_magic.size() + 2)
    return status::failure("%s: expected a .npy file, found %zu bytes, less than its magic and version", where,
                           file.size());
  if (std::memcmp(file.data(), npy_magic.data(), npy_magic.size()) != 0)
    return status::failure("%s: expected a .npy file (\\x93NUMPY), found other bytes at its beginning", where);
  const unsigned major = file[6], minor = file[7];
  if (major < 1 || major > 3 || minor != 0)
    return status::failure("%s: expected .npy version 1.0, 2.0 or 3.0, found %u.%u", where, major, minor);
  const std::size_t width = major == 1 ? 2 : 4;
  std::size_t at = npy_magic.size() + 2 + width;
  if (file.size() < at)
    return status::failure("%s: expected %zu bytes up to the header, found a file of %zu", where, at, file.size());
  std::uint32_t length = 0;
  std::memcpy(&length, file.data() + at - width, width);
  if (length > file.size() - at)
    return status::failure("%s: expected a header of %u bytes, found %zu behind its length", where, length,
                           file.size() - at);

  npy_dictionary header({reinterpret_cast<const char*>(file.data()) + at, length}, where);
  if (status outcome = header.read(); !outcome) return outcome;
  at += length;
  const number_kind* kind = find_kind(&number_kind::npy, header.descr);
  if (kind == nullptr)
    return status::failure("%s: expected numbers of type %s, found %s", where, kinds_of(&number_kind::npy).c_str(),
                           in_quotes(header.descr).c_str());
  const std::string shape = text_of(header.shape);
  std::uint64_t count = 0;
  if (!count_elements(header.shape, kind->bytes, count))
    return status::failure("%s: expected a shape whose bytes fit in 63 bits, found %s", where, shape.c_str());
  if (count * kind->bytes != file.size() - at)
    return status::failure("%s: expected %llu bytes of numbers (%s of type %s), found %zu", where,
                           static_cast<unsigned long long>(count * kind->bytes), shape.c_str(), kind->npy,
                           file.size() - at);

  tensor result{std::move(header.shape), std::vector<float>(static_cast<std::size_t>(count))};
  kind->widen(file.data() + at, result.values.size(), result.values.data());
  if (header.fortran_order && result.shape.size() > 1) result.values = last_index_fastest(result.shape, result.values);
  out = std::move(result);
  return {};
}

/// The same from a file.
[[nodiscard]] inline status read_npy(const char* path, tensor& out) noexcept {
  std::vector<std::uint8_t> file;
  if (status outcome = detail::read_all(path, file); !outcome) return outcome;
  return read_npy(file, path, out);
}

/// Writes an array as a .npy file of 32-bit floats, version 1, whole or not at all.
///
/// refuses   more or fewer numbers than the shape's; more than 8 extents
[[nodiscard]] inline status write_npy(const char* path, const tensor& array) noexcept {
  using namespace detail;
  const std::string shape = text_of(array.shape);
  std::uint64_t count = 0;
  if (array.shape.size() > most_extents)
    return status::failure("%s: expected at most %zu extents, found %zu", shown(path), most_extents,
                           array.shape.size());
  if (!count_elements(array.shape, sizeof(float), count) || count != array.values.size())
    return status::failure("%s: expected the numbers of a shape %s, found %zu", shown(path), shape.c_str(),
                           array.values.size());
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  header += array.shape.size() == 1 ? "(" + std::to_string(array.shape[0]) + ",)" : shape;
  header += ", }";
  // The numbers begin at a multiple of 64.
  const std::size_t begin = round_up(npy_magic.size() + 4 + header.size() + 1, 64);
  header.resize(begin - npy_magic.size() - 4 - 1, ' ');
  header += '\n';
  std::vector<std::byte> file(begin + array.values.size() * sizeof(float));
  std::memcpy(file.data(), npy_magic.data(), npy_magic.size());
  put(file, 6, std::uint16_t{1});  // version 1.0
  put(file, 8, static_cast<std::uint16_t>(header.size()));
  std::memcpy(file.data() + 10, header.data(), header.size());
  if (count > 0) std::memcpy(file.data() + begin, array.values.data(), array.values.size() * sizeof(float));
  return write_whole(path, file);
}

#if defined(__cpp_exceptions)

/// The same, returned; throws `error`.
[[nodiscard]] inline tensor read_npy(const std::string& path) {
  tensor result;
  require(read_npy(path.c_str(), result));
  return result;
}

/// Writes an array as a .npy file; throws `error` with what `write_npy` says.
inline void save_npy(const tensor& array, const std::string& path) { require(write_npy(path.c_str(), array)); }

#endif

}  // namespace minnow
