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

MINNOW_COLD status read_cifar10_batch(const char* path, dataset<std::uint8_t>& out, int records,
                                      const file_opener& how) noexcept {
  if (records < 1) return status::failure("read_cifar10_batch: expected at least 1 record, found %d", records);
  if (!out.images.empty() && (out.dimensions != shape{32, 32, 3} || out.labels.size() != index(out.size())))
    return status::failure(
        "read_cifar10_batch: expected an empty data set or labeled images of 32x32x3, found %d images of %dx%dx%d and "
        "%zu labels",
        out.size(), out.dimensions.height, out.dimensions.width, out.dimensions.channels, out.labels.size());
  return reading_file(path, "CIFAR-10's binary records", how, [&](byte_source file) -> status {
    constexpr std::size_t pixels = 1024;
    constexpr std::size_t channels = 3;
    constexpr std::size_t record = 1 + channels * pixels;
    const auto count = index(records);
    char layout[64];
    std::snprintf(layout, sizeof layout, "%d records of 3073", records);
    std::vector<std::uint8_t> bytes;
    if (status outcome = read_exactly(file, path, 0, count * record, layout, bytes); !outcome) return outcome;
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

}  // namespace minnow::detail
