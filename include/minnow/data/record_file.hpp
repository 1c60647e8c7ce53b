#pragma once

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
  int classes = 0;      ///< labels are 0 … classes-1
  int label_bytes = 1;  ///< bytes before the image
  int label_at = 0;     ///< index of the label's first byte: 1 for CIFAR-100's fine label, the second of 2 label bytes
  int label_width = 1;  ///< number of bytes of the label, little-endian: 2 for more than 256 classes
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
[[nodiscard]] status check_label(const record_format& format, int label, const std::string& path,
                                 std::uint64_t record) noexcept;

/// Opens a file of records, reads the bytes of all labels and closes the file.
[[nodiscard]] status read_labels(const std::string& path, const record_format& format, watched_file& file,
                                 std::vector<std::byte>& labels);

}  // namespace detail

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/data/impl/record_file.ipp>
#endif
