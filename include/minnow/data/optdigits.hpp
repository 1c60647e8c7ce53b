#pragma once

#include <cstdint>
#include <string>

#include <minnow/core/error.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/reading.hpp>

namespace minnow {

namespace detail {

[[nodiscard]] status read_optdigits_file(const char* path, dataset<std::uint8_t>& out, int lines,
                                         const file_opener& how) noexcept;
[[nodiscard]] status read_optdigits(const char* folder, train_and_test<std::uint8_t>& out,
                                    const file_opener& how) noexcept;

}  // namespace detail

/// Reads one file of UCI's optical digits: (N,8,8,1), labels 0 … 9. A line holds 64 pixels of 0 … 16, row by row, and
/// the class, separated by commas. Pixels are scaled to bytes, round(255 · value / 16), so that the largest value is
/// 255, as in other data sets.
///
/// refuses   a number of lines other than `lines`, a line without exactly 65 numbers, a pixel above 16, a label above
///           9, any character except digits, commas and line ends; `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_optdigits_file(const char* path, dataset<std::uint8_t>& out, int lines,
                                         Opener = {}) noexcept {
  return detail::read_optdigits_file(path, out, lines, detail::opener_of<Opener>);
}

/// Reads UCI's optical digits from optdigits.tra and optdigits.tes of a folder: 3,823 training images and 1,797 test
/// images, bytes (N,8,8,1); labels 0 … 9. The values 0 … 16 in the files become 0 … 255.
///
/// refuses   whatever read_optdigits_file refuses; `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_optdigits(const char* folder, train_and_test<std::uint8_t>& out, Opener = {}) noexcept {
  return detail::read_optdigits(folder, out, detail::opener_of<Opener>);
}

#if defined(__cpp_exceptions)

/// Reads like `read_optdigits` and returns the data sets; throws `error`.
template <opener Opener = plain>
[[nodiscard]] train_and_test<std::uint8_t> load_optdigits(const std::string& folder, Opener how = {}) {
  return detail::loaded<train_and_test<std::uint8_t>>(
      folder, [&](const char* path, auto& out) { return read_optdigits(path, out, how); });
}

#endif

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/data/impl/optdigits.ipp>
#endif
