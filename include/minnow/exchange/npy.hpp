#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <minnow/core/error.hpp>
#include <minnow/exchange/tensors.hpp>

/// NumPy's .npy files: magic bytes, a version, the length of a header, the header as a Python dictionary, the numbers.
///
/// xtensor's reader (xtensor/io/xnpy.hpp) is not used. It multiplies the header's extents without checking for overflow
/// or the file's length, allocates the result, and does not notice if the file ends early. It reads the header's length
/// through char, so a length of 246 becomes 65526 where char is signed. It expects the keys in one fixed order, and
/// supports neither version 3 nor 16-bit floats. If this library made all these checks itself, xtensor's reader would
/// only copy the numbers.
namespace minnow {

/// Reads an array from the bytes of a .npy file of version 1, 2 or 3; `name` begins the error messages. Accepts either
/// byte order. Converts numbers of other types to the nearest 32-bit float, and Fortran order to C order. Ignores bytes
/// after the array, as NumPy does.
///
/// refuses   complex, text and record types; more than 64 extents; missing, duplicate or unknown keys; fewer numbers
///           than the shape has; `out` is then unchanged
[[nodiscard]] status read_npy(std::span<const std::uint8_t> file, const char* name, tensor& out) noexcept;

/// Overload that reads the file at `path`.
[[nodiscard]] status read_npy(const char* path, tensor& out) noexcept;

/// Writes an array as a .npy file of 32-bit floats, version 1, atomically.
///
/// refuses   more or fewer numbers than the shape has; more than 64 extents
[[nodiscard]] status write_npy(const char* path, const tensor& array) noexcept;

#if defined(__cpp_exceptions)

/// Reads like `read_npy` and returns the array; throws `error`.
[[nodiscard]] tensor load_npy(const std::string& path);
/// Old name of `load_npy`.
[[deprecated("minnow: renamed to load_npy"), nodiscard]] inline tensor read_npy(const std::string& path) {
  return load_npy(path);
}

/// Writes an array as a .npy file; throws `error` if `write_npy` fails.
void save_npy(const tensor& array, const std::string& path);

#endif

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/exchange/impl/npy.ipp>
#endif
