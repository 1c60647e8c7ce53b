#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/reading.hpp>

namespace minnow {

/// Reads one file of CIFAR-10's binary version and appends its images to `out`: (N,32,32,3), labels 0 … 9. A record is
/// a label and the red, green and blue planes of 32 x 32 bytes each. The planes become channels last.
///
/// refuses   fewer than 1 record; a length other than `records` records; a label out of range; an `out` that holds
///           images of another shape, or images without labels; `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_cifar10_batch(const char* path, dataset<std::uint8_t>& out, int records = 10'000,
                                        Opener = {}) noexcept {
  if (records < 1) return status::failure("read_cifar10_batch: expected at least 1 record, found %d", records);
  if (!out.images.empty() && (out.dimensions != shape{32, 32, 3} || out.labels.size() != index(out.size())))
    return status::failure(
        "read_cifar10_batch: expected an empty data set or labeled images of 32x32x3, found %d images of %dx%dx%d and "
        "%zu labels",
        out.size(), out.dimensions.height, out.dimensions.width, out.dimensions.channels, out.labels.size());
  return detail::reading<Opener>(path, "CIFAR-10's binary records", [&]() -> status {
    constexpr std::size_t pixels = 1024;
    constexpr std::size_t channels = 3;
    constexpr std::size_t record = 1 + channels * pixels;
    const auto count = index(records);
    typename Opener::file file;
    if (status outcome = file.open(path); !outcome) return outcome;
    char layout[64];
    std::snprintf(layout, sizeof layout, "%d records of 3073", records);
    std::vector<std::uint8_t> bytes;
    if (status outcome = detail::read_exactly(file, path, 0, count * record, layout, bytes); !outcome) return outcome;
    for (std::size_t i = 0; i < count; ++i)
      if (bytes[i * record] > 9)
        return status::failure("%s: expected labels 0 to 9, found %d in record %zu", path, bytes[i * record], i);

    out.labels.reserve(out.labels.size() + count);
    out.dimensions = {32, 32, 3};
    std::size_t end = out.images.size();
    out.images.resize(end + count * channels * pixels);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* planes = bytes.data() + i * record + 1;
      out.labels.push_back(planes[-1]);
      for (std::size_t pixel = 0; pixel < pixels; ++pixel)
        for (std::size_t channel = 0; channel < channels; ++channel)
          out.images[end++] = planes[channel * pixels + pixel];
    }
    return {};
  });
}

/// Reads CIFAR-10 from the files data_batch_1.bin … data_batch_5.bin and test_batch.bin of a folder: 50,000 and 10,000
/// images (N,32,32,3), bytes; labels 0 … 9.
///
/// refuses   whatever read_cifar10_batch refuses, with 10,000 records per file; `out` is then unchanged
template <opener Opener = plain>
[[nodiscard]] status read_cifar10(const char* folder, train_and_test<std::uint8_t>& out, Opener how = {}) noexcept {
  return detail::within_memory(folder, [&]() -> status {
    const std::string base = std::string(folder) + '/';
    train_and_test<std::uint8_t> result;
    for (const char* name :
         {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"})
      if (status outcome = read_cifar10_batch((base + name).c_str(), result.train, 10'000, how); !outcome)
        return outcome;
    if (status outcome = read_cifar10_batch((base + "test_batch.bin").c_str(), result.test, 10'000, how); !outcome)
      return outcome;
    out = std::move(result);
    return {};
  });
}

#if defined(__cpp_exceptions)

/// Reads like `read_cifar10` and returns the data sets; throws `error`.
template <opener Opener = plain>
[[nodiscard]] train_and_test<std::uint8_t> load_cifar10(const std::string& folder, Opener how = {}) {
  return detail::loaded<train_and_test<std::uint8_t>>(
      folder, [&](const char* path, auto& out) { return read_cifar10(path, out, how); });
}

#endif

}  // namespace minnow
