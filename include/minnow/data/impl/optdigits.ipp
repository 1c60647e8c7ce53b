#pragma once

#include <minnow/data/optdigits.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow::detail {

MINNOW_COLD status read_optdigits_file(const char* path, dataset<std::uint8_t>& out, int lines,
                                       const file_opener& how) noexcept {
  if (lines < 1) return status::failure("read_optdigits_file: expected at least 1 line, found %d", lines);
  return reading_file(path, "a text of numbers", how, [&](byte_source file) -> status {
    constexpr int pixels = 64;
    constexpr std::uint64_t longest_line = 64 * 3 + 1 + 2;  // "16," 64 times, one digit and "\r\n"
    const std::uint64_t limit = longest_line * static_cast<std::uint64_t>(lines);
    std::vector<std::uint8_t> bytes;
    if (status outcome = read_up_to(file, limit + 1, bytes); !outcome) return outcome;
    if (bytes.size() > limit)
      return status::failure("%s: expected at most %llu bytes (%d lines of 65 numbers), found more", path,
                             static_cast<unsigned long long>(limit), lines);

    dataset<std::uint8_t> result;
    result.dimensions = {8, 8, 1};
    std::size_t at = 0;
    for (int line = 1; at < bytes.size(); ++line) {
      if (line > lines) return status::failure("%s: expected %d lines, found more", path, lines);
      for (int field = 0; field <= pixels; ++field) {
        const int largest = field < pixels ? 16 : 9;
        const std::size_t start = at;
        int value = 0;
        while (at < bytes.size() && at - start < 2 && bytes[at] >= '0' && bytes[at] <= '9')
          value = 10 * value + (bytes[at++] - '0');
        if (at == start || value > largest)
          return status::failure("%s: expected a number of 0 to %d as field %d of line %d, found %s", path, largest,
                                 field + 1, line,
                                 at > start          ? std::to_string(value).c_str()
                                 : at < bytes.size() ? "another character"
                                                     : "the end of the file");
        if (field < pixels) {
          result.images.push_back(static_cast<std::uint8_t>((value * 255 + 8) / 16));
          if (at < bytes.size() && bytes[at] == ',') ++at;
          else
            return status::failure("%s: expected 65 numbers separated by commas in line %d, found %s after field %d",
                                   path, line, at < bytes.size() ? "another character" : "the end of the file",
                                   field + 1);
        } else {
          result.labels.push_back(value);
        }
      }
      if (at < bytes.size() && bytes[at] == '\r') ++at;
      if (at < bytes.size() && bytes[at++] != '\n')
        return status::failure("%s: expected the end of line %d after its 65 numbers, found another character", path,
                               line);
    }
    if (result.size() != lines) return status::failure("%s: expected %d lines, found %d", path, lines, result.size());
    out = std::move(result);
    return {};
  });
}

MINNOW_COLD status read_optdigits(const char* folder, train_and_test<std::uint8_t>& out,
                                  const file_opener& how) noexcept {
  return within_memory(folder, [&]() -> status {
    const std::string base = std::string(folder) + '/';
    train_and_test<std::uint8_t> result;
    if (status outcome = read_optdigits_file((base + "optdigits.tra").c_str(), result.train, 3823, how); !outcome)
      return outcome;
    if (status outcome = read_optdigits_file((base + "optdigits.tes").c_str(), result.test, 1797, how); !outcome)
      return outcome;
    out = std::move(result);
    return {};
  });
}

}  // namespace minnow::detail
