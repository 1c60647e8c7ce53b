#pragma once

#include <minnow/data/mnist.hpp>

#include <string>
#include <utility>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/data/idx.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow::detail {

MINNOW_COLD status read_mnist(const char* folder, train_and_test<std::uint8_t>& out, const file_opener& how) noexcept {
  return within_memory(folder, [&]() -> status {
    const std::string base = std::string(folder) + '/';
    const auto read = [&](const char* part, dataset<std::uint8_t>& to) {
      return read_idx((base + part + "-images-idx3-ubyte").c_str(), (base + part + "-labels-idx1-ubyte").c_str(), to,
                      10, how);
    };
    train_and_test<std::uint8_t> result;
    if (status outcome = read("train", result.train); !outcome) return outcome;
    if (status outcome = read("t10k", result.test); !outcome) return outcome;
    const shape expected = result.train.dimensions;
    const shape found = result.test.dimensions;
    if (found != expected)
      return status::failure("%s: expected test images of %d x %d, as the training images are, found %d x %d", folder,
                             expected.height, expected.width, found.height, found.width);
    out = std::move(result);
    return {};
  });
}

}  // namespace minnow::detail
