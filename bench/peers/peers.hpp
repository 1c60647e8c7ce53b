#pragma once

// Products of other libraries, one file per library. Each file registers its peer. If CMake does not find a library,
// its file is not part of the program.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/shape.hpp>

#include "../measure.hpp"

namespace bench::peers {

/// The operation that a peer performs for a layer: the convolution itself, or a matrix product. The matrix product
/// multiplies a row of K gathered inputs for each output pixel by N filters. ternary_row and nibble_row multiply one row
/// of bytes by ternary or 4-bit weights.
enum class task {
  float_matrix,
  float_row,
  float_convolution,
  byte_matrix,
  byte_convolution,
  bit_matrix,
  ternary_row,
  nibble_row
};

struct peer {
  std::string_view name;
  std::string_view package;
  /// Returns the version and the instruction set that the library chose for this processor.
  std::string (*about)();
  /// Prepares the weights and returns the product alone as a call; returns an empty call if the peer has no such
  /// product.
  call (*make)(task, const minnow::geometry&);
};

[[nodiscard]] inline std::vector<peer>& enrolled() {
  static std::vector<peer> all;
  return all;
}

struct enrol {
  explicit enrol(const peer& p) { enrolled().push_back(p); }
};

[[nodiscard]] inline const peer* find(std::string_view name) {
  const auto at = std::find_if(enrolled().begin(), enrolled().end(), [&](const peer& p) { return p.name == name; });
  return at == enrolled().end() ? nullptr : &*at;
}

}  // namespace bench::peers
