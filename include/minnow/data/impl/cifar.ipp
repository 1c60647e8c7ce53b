#pragma once

#include <minnow/data/cifar.hpp>

#include <cstddef>
#include <cstdio>
#include <utility>
#include <vector>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow::detail {

/// The records of a file of CIFAR-10 or CIFAR-100.
struct cifar_records {
  const char* function;  ///< name of the reader, for its messages
  const char* content;
  int labels;            ///< number of label bytes at the start of a record
  int largest[2];        ///< largest value of each label
  int kept;              ///< index of the label to keep
  const char* kinds[2];  ///< names of the labels, for messages
};

inline constexpr cifar_records cifar10_records{"read_cifar10_batch", "CIFAR-10's binary records", 1, {9, 0}, 0,
                                               {"labels", ""}};
[[nodiscard]] constexpr cifar_records cifar100_records(cifar100_labels labels) noexcept {
  return {"read_cifar100_file",
          "CIFAR-100's binary records",
          2,
          {19, 99},
          labels == cifar100_labels::fine ? 1 : 0,
          {"coarse labels", "fine labels"}};
}

MINNOW_COLD status read_cifar(const char* path, dataset<std::uint8_t>& out, int records, const cifar_records& kind,
                              const file_opener& how) noexcept {
  if (records < 1) return status::failure("%s: expected at least 1 record, found %d", kind.function, records);
  if (!out.images.empty() && (out.dimensions != shape{32, 32, 3} || out.labels.size() != index(out.size())))
    return status::failure(
        "%s: expected an empty data set or labeled images of 32x32x3, found %d images of %dx%dx%d and %zu labels",
        kind.function, out.size(), out.dimensions.height, out.dimensions.width, out.dimensions.channels,
        out.labels.size());
  return reading_file(path, kind.content, how, [&](byte_source file) -> status {
    constexpr std::size_t pixels = 1024;
    constexpr std::size_t channels = 3;
    const std::size_t labels = index(kind.labels), record = labels + channels * pixels;
    const auto count = index(records);
    char layout[64];
    std::snprintf(layout, sizeof layout, "%d records of %zu", records, record);
    std::vector<std::uint8_t> bytes;
    if (status outcome = read_exactly(file, path, 0, count * record, layout, bytes); !outcome) return outcome;
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < labels; ++k)
        if (bytes[i * record + k] > kind.largest[k])
          return status::failure("%s: expected %s 0 to %d, found %d in record %zu", path, kind.kinds[k],
                                 kind.largest[k], bytes[i * record + k], i);

    out.labels.reserve(out.labels.size() + count);
    out.dimensions = {32, 32, 3};
    std::size_t end = out.images.size();
    out.images.resize(end + count * channels * pixels);
    for (std::size_t i = 0; i < count; ++i) {
      out.labels.push_back(bytes[i * record + index(kind.kept)]);
      const std::uint8_t* planes = bytes.data() + i * record + labels;
      for (std::size_t pixel = 0; pixel < pixels; ++pixel)
        for (std::size_t channel = 0; channel < channels; ++channel)
          out.images[end++] = planes[channel * pixels + pixel];
    }
    return {};
  });
}

MINNOW_COLD status read_cifar10_batch(const char* path, dataset<std::uint8_t>& out, int records,
                                      const file_opener& how) noexcept {
  return read_cifar(path, out, records, cifar10_records, how);
}

MINNOW_COLD status read_cifar10(const char* folder, train_and_test<std::uint8_t>& out,
                                const file_opener& how) noexcept {
  return within_memory(folder, [&]() -> status {
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

MINNOW_COLD status read_cifar100_file(const char* path, dataset<std::uint8_t>& out, int records, cifar100_labels labels,
                                      const file_opener& how) noexcept {
  return read_cifar(path, out, records, cifar100_records(labels), how);
}

MINNOW_COLD status read_cifar100(const char* folder, train_and_test<std::uint8_t>& out, cifar100_labels labels,
                                 const file_opener& how) noexcept {
  return within_memory(folder, [&]() -> status {
    const std::string base = std::string(folder) + '/';
    train_and_test<std::uint8_t> result;
    if (status outcome = read_cifar100_file((base + "train.bin").c_str(), result.train, 50'000, labels, how); !outcome)
      return outcome;
    if (status outcome = read_cifar100_file((base + "test.bin").c_str(), result.test, 10'000, labels, how); !outcome)
      return outcome;
    out = std::move(result);
    return {};
  });
}

}  // namespace minnow::detail
