#pragma once

#include <cstdint>
#include <string>

#include <minnow/core/error.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/reading.hpp>

namespace minnow {

/// The two labels of an image of CIFAR-100.
enum class cifar100_labels {
  fine,    ///< 0 … 99: the class
  coarse,  ///< 0 … 19: the superclass, which consists of five classes
};

namespace detail {

[[nodiscard]] status read_cifar10_batch(const char* path, dataset<std::uint8_t>& out, int records,
                                        const file_opener& how) noexcept;
[[nodiscard]] status read_cifar10(const char* folder, train_and_test<std::uint8_t>& out,
                                  const file_opener& how) noexcept;
[[nodiscard]] status read_cifar100_file(const char* path, dataset<std::uint8_t>& out, int records,
                                        cifar100_labels labels, const file_opener& how) noexcept;
[[nodiscard]] status read_cifar100(const char* folder, train_and_test<std::uint8_t>& out, cifar100_labels labels,
                                   const file_opener& how) noexcept;

}  // namespace detail

/// Reads one file of CIFAR-10's binary version and appends its images to `out`: (N,32,32,3), labels 0 … 9. A record is
/// a label byte, then the red, green and blue planes of 32 x 32 bytes each. The planes are converted to channels last.
///
/// refuses   fewer than 1 record; a length other than `records` records; a label out of range; an `out` that holds
///           images of another shape, or images without labels; `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_cifar10_batch(const char* path, dataset<std::uint8_t>& out, int records = 10'000,
                                        Opener = {}) noexcept {
  return detail::read_cifar10_batch(path, out, records, detail::opener_of<Opener>);
}

/// Reads CIFAR-10 from the files data_batch_1.bin … data_batch_5.bin and test_batch.bin of a folder: 50,000 training
/// images and 10,000 test images, bytes (N,32,32,3); labels 0 … 9.
///
/// refuses   whatever read_cifar10_batch refuses, with 10,000 records per file; `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_cifar10(const char* folder, train_and_test<std::uint8_t>& out, Opener = {}) noexcept {
  return detail::read_cifar10(folder, out, detail::opener_of<Opener>);
}

/// Reads one file of CIFAR-100's binary version and appends its images to `out`: (N,32,32,3), labels 0 … 99 or 0 … 19. A
/// record is a byte with the coarse label, a byte with the fine label, then the planes as in CIFAR-10.
///
/// labels    the labels to keep; the others are only checked
/// refuses   whatever read_cifar10_batch refuses
template <opener Opener = plain>
[[nodiscard]] status read_cifar100_file(const char* path, dataset<std::uint8_t>& out, int records,
                                        cifar100_labels labels = cifar100_labels::fine, Opener = {}) noexcept {
  return detail::read_cifar100_file(path, out, records, labels, detail::opener_of<Opener>);
}

/// Reads CIFAR-100 from the files train.bin and test.bin of a folder: 50,000 and 10,000 images (N,32,32,3), bytes.
///
/// labels    the labels to keep
/// refuses   whatever read_cifar100_file refuses, with 50,000 and 10,000 records; `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_cifar100(const char* folder, train_and_test<std::uint8_t>& out,
                                   cifar100_labels labels = cifar100_labels::fine, Opener = {}) noexcept {
  return detail::read_cifar100(folder, out, labels, detail::opener_of<Opener>);
}

#if defined(__cpp_exceptions)

/// Reads like `read_cifar10` and returns the data sets; throws `error`.
template <opener Opener = plain>
[[nodiscard]] train_and_test<std::uint8_t> load_cifar10(const std::string& folder, Opener how = {}) {
  return detail::loaded<train_and_test<std::uint8_t>>(
      folder, [&](const char* path, auto& out) { return read_cifar10(path, out, how); });
}

/// Reads like `read_cifar100` and returns the data sets; throws `error`.
template <opener Opener = plain>
[[nodiscard]] train_and_test<std::uint8_t> load_cifar100(const std::string& folder,
                                                         cifar100_labels labels = cifar100_labels::fine,
                                                         Opener how = {}) {
  return detail::loaded<train_and_test<std::uint8_t>>(
      folder, [&](const char* path, auto& out) { return read_cifar100(path, out, labels, how); });
}

#endif

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/data/impl/cifar.ipp>
#endif
