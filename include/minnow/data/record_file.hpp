#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/system/watched_file.hpp>

namespace minnow {

/// One record of a file without a header, such as CIFAR's: the bytes of the label, followed by the bytes of the image.
struct record_format {
  shape dimensions;     ///< of an image
  int classes = 0;      ///< labels are below this
  int label_bytes = 1;  ///< bytes before the image
  int label_at = 0;     ///< index of the label's first byte: 1 for CIFAR-100's fine labels (of 2 label bytes)
  int label_width = 1;  ///< bytes of the label, little-endian: 2 for more than 256 classes
  bool planar = true;   ///< true: images are (C,H,W), as in CIFAR; false: (H,W,C)

  [[nodiscard]] std::size_t bytes() const noexcept { return index(label_bytes) + index(dimensions.size()); }
  [[nodiscard]] int label(const std::uint8_t* record) const noexcept {
    return label_at_bytes(reinterpret_cast<const std::byte*>(record) + label_at);
  }
  /// Returns the label whose bytes start at `bytes`.
  [[nodiscard]] int label_at_bytes(const std::byte* bytes) const noexcept {
    int value = 0;
    for (int i = label_width; i-- > 0;) value = value << 8 | std::to_integer<int>(bytes[i]);
    return value;
  }
  /// Returns true if the image's dimensions are valid and the label's bytes can hold all classes.
  [[nodiscard]] bool makes_sense() const noexcept {
    return dimensions.is_sound() && label_width >= 1 && label_width <= 2 && label_at >= 0 &&
           label_at <= label_bytes - label_width && classes >= 1 && classes <= 1 << 8 * label_width;
  }
};

namespace detail {

/// Checks that a record's label is one of the classes.
[[nodiscard]] inline status check_label(const record_format& format, int label, const std::string& path,
                                        std::uint64_t record) noexcept {
  if (label < format.classes) return {};
  return status::failure("%s: expected labels 0 to %d, found %d in record %llu", path.c_str(), format.classes - 1,
                         label, static_cast<unsigned long long>(record));
}

/// Opens a file of records, reads the bytes of all labels and closes the file.
[[nodiscard]] inline status read_labels(const std::string& path, const record_format& format, watched_file& file,
                                        std::vector<std::byte>& labels) {
  if (const status outcome = file.open(path); !outcome) return outcome;
  const std::uint64_t record = format.bytes();
  if (file.size() % record != 0)
    return status::failure("%s: expected a multiple of %llu bytes (a record), found %llu", path.c_str(),
                           static_cast<unsigned long long>(record), static_cast<unsigned long long>(file.size()));
  // Small records are read whole, many at a time. For large ones, only the label is read.
  const bool whole_records = record <= 16384;
  const auto label_at = static_cast<std::uint64_t>(format.label_at),
             width = static_cast<std::uint64_t>(format.label_width);
  const std::uint64_t together = whole_records ? (1 << 20) / record : 1;
  std::vector<std::byte> bytes;
  for (std::uint64_t at = 0; at < file.size(); at += together * record) {
    const std::uint64_t count = std::min(together, (file.size() - at) / record);
    bytes.resize(index(whole_records ? count * record : width));
    if (const status outcome = file.read(whole_records ? at : at + label_at, bytes); !outcome) return outcome;
    for (std::uint64_t r = 0; r < count; ++r) {
      const std::byte* of_label = bytes.data() + (whole_records ? r * record + label_at : 0);
      if (const status outcome = check_label(format, format.label_at_bytes(of_label), path, at / record + r); !outcome)
        return outcome;
      labels.insert(labels.end(), of_label, of_label + width);
    }
  }
  file.close();
  return {};
}

}  // namespace detail

}  // namespace minnow
