#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace minnow::detail {

/// A table of text. The first `left` columns are left-aligned; the other columns hold numbers and are right-aligned.
class table {
public:
  explicit table(std::size_t left) : left_(left) {}

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  [[nodiscard]] std::string print() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_)
      for (std::size_t c = 0; c < row.size(); ++c) {
        if (widths.size() <= c) widths.push_back(0);
        widths[c] = row[c].size() > widths[c] ? row[c].size() : widths[c];
      }
    std::string result;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t c = 0; c < row.size(); ++c) {
        const std::string space(widths[c] - row[c].size(), ' ');
        line += c == 0 ? "" : "  ";
        line += c < left_ ? row[c] + space : space + row[c];
      }
      result += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return result;
  }

private:
  std::size_t left_;
  std::vector<std::vector<std::string>> rows_;
};

/// Formats 1234567 as "1,234,567".
[[nodiscard]] inline std::string with_commas(long long n) {
  std::string digits = std::to_string(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

/// Formats a shape as height x width x channels: "32x32x3".
[[nodiscard]] inline std::string extent_text(int height, int width, int channels) {
  return std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels);
}

/// Formats a layer's path and name for one column: "3 conv<64>". The quantizer of a layer's inputs is in the row above
/// the layer and is formatted as "inputs sign".
[[nodiscard]] inline std::string layer_text(std::string_view path, std::string_view name) {
  constexpr std::string_view inputs = ".inputs";
  constexpr std::string_view quantize = "quantize<";
  if (!path.ends_with(inputs)) return std::string(path) + " " + std::string(name);
  if (name.starts_with(quantize)) name = name.substr(quantize.size(), name.size() - quantize.size() - 1);
  return std::string(inputs.substr(1)) + " " + std::string(name);
}

}  // namespace minnow::detail
