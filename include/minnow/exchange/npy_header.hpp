#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/exchange/tensors.hpp>

/// The headers of .npy files.
namespace minnow::detail {

inline constexpr std::string_view npy_magic{"\x93NUMPY", 6};

/// Longest accepted header in bytes. It exceeds every header of a numeric array; NumPy itself accepts 10,000 bytes.
inline constexpr std::uint32_t longest_npy_header = 1 << 20;

/// Parses the Python dictionary of a header from front to back. Accepts only the Python syntax that a header may
/// contain.
class npy_dictionary {
public:
  npy_dictionary(std::string_view text, const char* file) noexcept : rest_(text), file_(file) {}

  std::string descr;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;

  [[nodiscard]] status read();

private:
  [[nodiscard]] status refuse(const char* expected) const;
  [[nodiscard]] status read_value(const std::string& key);
  [[nodiscard]] status read_shape();

  static constexpr std::string_view spaces = " \t\r\n\f";
  static bool is_digit(char c) noexcept { return '0' <= c && c <= '9'; }
  void skip_space() noexcept;
  bool take(char c) noexcept;
  bool take_text(std::string& text);

  std::string_view rest_;
  const char* file_;
  bool seen_descr_ = false;
  bool seen_order_ = false;
  bool seen_shape_ = false;
};

/// Finds a number type by its NumPy name: a type with its size and an optional byte order ('<f4', '=f4', '|u1', '>i2',
/// 'f4'), a letter ('f', '?'), or a word ('float32'). Returns null unless the type is a real number of 1 to 8 bytes.
/// `swapped` is set if the numbers are big-endian.
[[nodiscard]] const number_kind* npy_kind(std::string_view descr, bool& swapped) noexcept;

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/exchange/impl/npy_header.ipp>
#endif
