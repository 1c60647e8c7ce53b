#pragma once

#include <minnow/data/idx.hpp>

#include <cstdio>
#include <limits>
#include <utility>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow::detail {

/// The words with which `what_is_this` describes an IDX file.
inline constexpr const char* an_idx_file = "an IDX file";

/// Reads the header of an IDX file: two zero bytes, the type of its values (8: bytes), its number of dimensions, and
/// one big-endian 32-bit number for each dimension.
MINNOW_COLD status read_idx_header(byte_source file, const char* path, int rank, std::uint32_t (&dimensions)[3]) {
  const std::size_t length = 4 + 4 * index(rank);
  std::uint8_t header[16] = {};
  std::size_t got = 0;
  if (status outcome = file.read(header, length, got); !outcome) return outcome;
  const auto number = [&header](int i) {
    std::uint32_t value = 0;
    for (int byte = 4 * i; byte < 4 * i + 4; ++byte) value = value << 8 | header[byte];
    return value;
  };
  const std::uint32_t magic = 0x800u + static_cast<std::uint32_t>(rank);
  if (got >= 4 && number(0) != magic)
    return status::failure("%s: expected an IDX file of %s (magic 0x%08x), found magic 0x%08x", path,
                           rank == 3 ? "images" : "labels", static_cast<unsigned>(magic),
                           static_cast<unsigned>(number(0)));
  if (got < length)
    return status::failure("%s: expected an IDX header of %zu bytes, found a file of %zu bytes", path, length, got);
  for (int i = 0; i < rank; ++i) dimensions[i] = number(i + 1);
  if (dimensions[0] == 0 || dimensions[0] > static_cast<std::uint32_t>(std::numeric_limits<int>::max()))
    return status::failure("%s: expected 1 to 2147483647 %s, found %lu in its header", path,
                           rank == 3 ? "images" : "labels", static_cast<unsigned long>(dimensions[0]));
  return {};
}

MINNOW_COLD status read_idx_images(const char* path, dataset<std::uint8_t>& out, const file_opener& how) noexcept {
  return reading_file(path, an_idx_file, how, [&](byte_source file) -> status {
    std::uint32_t dimensions[3] = {};
    if (status outcome = read_idx_header(file, path, 3, dimensions); !outcome) return outcome;
    const auto [count, rows, columns] = dimensions;
    if (rows < 1 || rows > 4096 || columns < 1 || columns > 4096)
      return status::failure("%s: expected images of 1 to 4096 rows and columns, found %lu x %lu", path,
                             static_cast<unsigned long>(rows), static_cast<unsigned long>(columns));
    char layout[96];
    std::snprintf(layout, sizeof layout, "a header of 16 and %lu images of %lu x %lu",
                  static_cast<unsigned long>(count), static_cast<unsigned long>(rows),
                  static_cast<unsigned long>(columns));
    dataset<std::uint8_t> result;
    if (status outcome = read_exactly(file, path, 16, std::uint64_t{count} * rows * columns, layout, result.images);
        !outcome)
      return outcome;
    result.dimensions = {static_cast<int>(rows), static_cast<int>(columns), 1};
    out = std::move(result);
    return {};
  });
}

MINNOW_COLD status read_idx_labels(const char* path, std::vector<int>& out, int classes,
                                   const file_opener& how) noexcept {
  if (classes < 1) return status::failure("read_idx_labels: expected at least 1 class, found %d", classes);
  return reading_file(path, an_idx_file, how, [&](byte_source file) -> status {
    std::uint32_t dimensions[3] = {};
    if (status outcome = read_idx_header(file, path, 1, dimensions); !outcome) return outcome;
    char layout[64];
    std::snprintf(layout, sizeof layout, "a header of 8 and %lu labels", static_cast<unsigned long>(dimensions[0]));
    std::vector<std::uint8_t> bytes;
    if (status outcome = read_exactly(file, path, 8, dimensions[0], layout, bytes); !outcome) return outcome;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (bytes[i] >= classes)
        return status::failure("%s: expected labels 0 to %d, found %d at index %zu", path, classes - 1, bytes[i], i);
    out = std::vector<int>(bytes.begin(), bytes.end());
    return {};
  });
}

MINNOW_COLD status read_idx(const char* images_path, const char* labels_path, dataset<std::uint8_t>& out, int classes,
                            const file_opener& how) noexcept {
  return within_memory(images_path, [&]() -> status {
    dataset<std::uint8_t> result;
    if (status outcome = read_idx_images(images_path, result, how); !outcome) return outcome;
    if (status outcome = read_idx_labels(labels_path, result.labels, classes, how); !outcome) return outcome;
    if (result.labels.size() != index(result.size()))
      return status::failure("%s: expected %d labels, one for each image of %s, found %zu", labels_path, result.size(),
                             images_path, result.labels.size());
    out = std::move(result);
    return {};
  });
}

}  // namespace minnow::detail
