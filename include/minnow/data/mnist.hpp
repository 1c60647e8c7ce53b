#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <minnow/core/error.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/data/idx.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/reading.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow {

/// Reads MNIST, or a data set in its format (Fashion-MNIST, KMNIST), from the four files of a folder:
/// train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. (N,28,28,1),
/// labels 0 … 9. For .gz files, `#include <minnow/data/gzip.hpp>` and pass `minnow::gzip`.
///
/// refuses   whatever read_idx refuses, and test images of another size than the training images; `out` is then
///           unchanged
template <opener Opener = plain>
[[nodiscard]] status read_mnist(const char* folder, train_and_test<std::uint8_t>& out, Opener how = {}) noexcept {
  return detail::within_memory(folder, [&]() -> status {
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

#if defined(__cpp_exceptions)

/// Reads like `read_mnist` and returns the data sets; throws `error`.
template <opener Opener = plain>
[[nodiscard]] train_and_test<std::uint8_t> load_mnist(const std::string& folder, Opener how = {}) {
  return detail::loaded<train_and_test<std::uint8_t>>(
      folder, [&](const char* path, auto& out) { return read_mnist(path, out, how); });
}

#endif

}  // namespace minnow
