#pragma once

#include <minnow/core/table.hpp>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD std::string table::print() const {
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

MINNOW_COLD std::string with_commas(long long n) {
  std::string digits = std::to_string(n);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

MINNOW_COLD std::string extent_text(int height, int width, int channels) {
  return std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels);
}

MINNOW_COLD std::string layer_text(std::string_view path, std::string_view name) {
  constexpr std::string_view inputs = ".inputs";
  constexpr std::string_view quantize = "quantize<";
  if (!path.ends_with(inputs)) return std::string(path) + " " + std::string(name);
  if (name.starts_with(quantize)) name = name.substr(quantize.size(), name.size() - quantize.size() - 1);
  return std::string(inputs.substr(1)) + " " + std::string(name);
}

}  // namespace minnow::detail
