#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/system/bytes.hpp>

namespace minnow {

static_assert(std::endian::native == std::endian::little,
              "minnow: files are little-endian, and so far only read and written on such processors");

/// An array of floats with a shape, in row-major order (last index fastest). A tensor whose shape has no extents holds
/// one number.
struct tensor {
  std::vector<std::uint64_t> shape;  ///< extents have 64 bits on every processor, as in files
  std::vector<float> values;

  friend bool operator==(const tensor&, const tensor&) = default;
};

/// Tensors by name, the content of a file of weights.
struct tensors : std::map<std::string, tensor, std::less<>> {
  using map::map;

  /// Names and kinds of the file's tensors that minnow cannot convert to floats, such as 8-bit floats.
  std::map<std::string, std::string, std::less<>> unreadable{};

#if defined(__cpp_exceptions)
  /// Returns the tensor of a name. Throws `error` if there is none; for an unreadable tensor, the message contains its
  /// kind.
  [[nodiscard]] const tensor& at(std::string_view name) const;
  [[nodiscard]] tensor& at(std::string_view name);
#endif

  friend bool operator==(const tensors&, const tensors&) = default;
};

namespace detail {

/// Largest number of extents in a shape, the same as in NumPy.
inline constexpr std::size_t most_extents = 64;

/// Computes the number of elements of a shape. Returns false if the size in bytes, at `width` bytes per element, does
/// not fit in 63 bits.
bool count_elements(std::span<const std::uint64_t> shape, std::size_t width, std::uint64_t& count) noexcept;

/// Formats a shape for messages: (8, 3, 3, 3).
std::string text_of(std::span<const std::uint64_t> shape);

/// A type of numbers in files of tensors, and its conversion to floats: exact, or to the nearest float.
struct number_kind {
  const char* safetensors;  ///< name of the type in safetensors; null if it has none
  const char* npy;
  std::size_t bytes;
  void (*widen)(const std::uint8_t* from, std::size_t count, float* to);
};

/// Returns all types of numbers.
[[nodiscard]] std::span<const number_kind> number_kinds() noexcept;

/// Finds the kind with this name in one of the formats; null if it is unknown.
const number_kind* find_kind(const char* number_kind::* format, std::string_view name) noexcept;

/// Lists the names of all kinds in one of the formats, for messages.
std::string kinds_of(const char* number_kind::* format);

/// Returns the failure for a tensor that is missing or unreadable. `for_what` says what needs the tensor.
status missing_tensor(const tensors& all, std::string_view name, const char* for_what);

/// Reads `count` numbers of a kind as floats, in pieces. `known` is true if `count` was compared with the file's
/// length; memory for all numbers is then reserved in advance.
[[nodiscard]] status read_numbers(byte_source file, const char* name, const number_kind& kind, bool swapped,
                                  std::uint64_t count, bool known, std::vector<float>& to);

}  // namespace detail

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/exchange/impl/tensors.ipp>
#endif
