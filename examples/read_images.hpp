#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <minnow/data/cifar.hpp>
#include <minnow/data/mnist.hpp>
#include <minnow/data/synthetic_digits.hpp>
#ifdef MINNOW_EXAMPLE_GZIP
#include <minnow/data/gzip.hpp>
#endif

/// Reads the images in a folder of CIFAR-10, CIFAR-100, MNIST or Fashion-MNIST files. Returns synthetic digits if
/// `folder` is empty.
///
/// labels   "fine" or "coarse": the labels of CIFAR-100; other data sets have only one kind
inline minnow::train_and_test<std::uint8_t> read_images(const std::string& folder, const std::string& labels = "fine") {
  const auto has = [&](const char* file) { return std::filesystem::exists(std::filesystem::path(folder) / file); };
  if (labels != "fine" && labels != "coarse")
    throw std::invalid_argument("--labels: expected fine or coarse, found " + labels);
  if (folder.empty())
    return {minnow::synthetic_digits(20000, minnow::seed{1}), minnow::synthetic_digits(4000, minnow::seed{2})};
  if (has("data_batch_1.bin")) return minnow::load_cifar10(folder);
  if (has("train.bin"))
    return minnow::load_cifar100(folder,
                                 labels == "fine" ? minnow::cifar100_labels::fine : minnow::cifar100_labels::coarse);
#ifdef MINNOW_EXAMPLE_GZIP
  return minnow::load_mnist(folder, minnow::gzip);
#else
  return minnow::load_mnist(folder);
#endif
}
