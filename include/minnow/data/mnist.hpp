#pragma once

#include <cstdint>
#include <string>

#include <minnow/core/error.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/data/idx.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/reading.hpp>

namespace minnow {

namespace detail {

[[nodiscard]] status read_mnist(const char* folder, train_and_test<std::uint8_t>& out, const file_opener& how) noexcept;

}  // namespace detail

/// Reads MNIST, or a data set in its format (Fashion-MNIST, KMNIST), from the four files of a folder:
/// train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. Images are
/// (N,28,28,1), labels 0 … 9. For .gz files, `#include <minnow/data/gzip.hpp>` and pass `minnow::gzip`.
///
/// refuses   whatever read_idx refuses, and test images of another size than the training images; `out` is then
///           unchanged
template <opener Opener = plain>
[[nodiscard]] status read_mnist(const char* folder, train_and_test<std::uint8_t>& out, Opener = {}) noexcept {
  return detail::read_mnist(folder, out, detail::opener_of<Opener>);
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

#if !defined(MINNOW_COMPILED)
#include <minnow/data/impl/mnist.ipp>
#endif
