#pragma once

#include <cstdint>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/reading.hpp>

namespace minnow {

namespace detail {

[[nodiscard]] status read_idx_images(const char* path, dataset<std::uint8_t>& out, const file_opener& how) noexcept;
[[nodiscard]] status read_idx_labels(const char* path, std::vector<int>& out, int classes,
                                     const file_opener& how) noexcept;
[[nodiscard]] status read_idx(const char* images_path, const char* labels_path, dataset<std::uint8_t>& out, int classes,
                              const file_opener& how) noexcept;

}  // namespace detail

/// Reads images from an IDX file of bytes (N,H,W) into `out`, (N,H,W,1), without labels.
///
/// refuses   a wrong magic number, no images, heights or widths outside 1 … 4096, a length that contradicts the header;
///           `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_idx_images(const char* path, dataset<std::uint8_t>& out, Opener = {}) noexcept {
  return detail::read_idx_images(path, out, detail::opener_of<Opener>);
}

/// Reads labels 0 … classes-1 from an IDX file of bytes (N).
///
/// refuses   fewer than 1 class, a wrong magic number, no labels, a length that contradicts the header, a label out of
///           range; `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_idx_labels(const char* path, std::vector<int>& out, int classes = 10, Opener = {}) noexcept {
  return detail::read_idx_labels(path, out, classes, detail::opener_of<Opener>);
}

/// Reads images and their labels from a pair of IDX files: (N,H,W,1) and (N).
///
/// refuses   whatever read_idx_images and read_idx_labels refuse, and different counts of images and labels
template <opener Opener = plain>
[[nodiscard]] status read_idx(const char* images_path, const char* labels_path, dataset<std::uint8_t>& out,
                              int classes = 10, Opener = {}) noexcept {
  return detail::read_idx(images_path, labels_path, out, classes, detail::opener_of<Opener>);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/data/impl/idx.ipp>
#endif
