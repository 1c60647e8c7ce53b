#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <minnow/data/cifar.hpp>
#include <minnow/data/mnist.hpp>
#include <minnow/data/synthetic_digits.hpp>
#ifdef MINNOW_EXAMPLE_GZIP
#include <minnow/data/gzip.hpp>
#endif

/// Reads the images in a folder of CIFAR-10, MNIST or Fashion-MNIST files. Returns synthetic digits if `folder` is
/// empty.
inline minnow::train_and_test<std::uint8_t> read_images(const std::string& folder) {
  if (folder.empty())
    return {minnow::synthetic_digits(20000, minnow::seed{1}), minnow::synthetic_digits(4000, minnow::seed{2})};
  if (std::filesystem::exists(std::filesystem::path(folder) / "data_batch_1.bin")) return minnow::load_cifar10(folder);
#ifdef MINNOW_EXAMPLE_GZIP
  return minnow::load_mnist(folder, minnow::gzip);
#else
  return minnow::load_mnist(folder);
#endif
}
