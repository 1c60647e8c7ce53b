#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minnow::detail {

/// A table of text. The first `left` columns are left-aligned; the other columns hold numbers and are right-aligned.
class table {
public:
  explicit table(std::size_t left) : left_(left) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  [[nodiscard]] std::string print() const;

private:
  std::size_t left_;
  std::vector<std::vector<std::string>> rows_;
};

/// Formats 1234567 as "1,234,567".
[[nodiscard]] std::string with_commas(long long n);

/// Formats a shape as height x width x channels: "32x32x3".
[[nodiscard]] std::string extent_text(int height, int width, int channels);

/// Formats a layer's path and name for one column: "3 conv<64>". The quantizer of a layer's inputs is in the row above
/// the layer and is formatted as "inputs sign".
[[nodiscard]] std::string layer_text(std::string_view path, std::string_view name);

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/core/impl/table.ipp>
#endif
