#include <minnow/data/mnist.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "system/data_files.hpp"

#if defined(MINNOW_TEST_GZIP)
#include <minnow/data/gzip.hpp>
#endif

namespace mn = minnow;

namespace {

using data_files::bytes;

const bytes train_images{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4};
const bytes train_labels{0, 0, 8, 1, 0, 0, 0, 2, 7, 9};
const bytes test_images{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 5, 6};
const bytes test_labels{0, 0, 8, 1, 0, 0, 0, 1, 3};

void write_all(const data_files::folder& folder, const std::string& suffix = "") {
  folder.write("train-images-idx3-ubyte" + suffix, train_images);
  folder.write("train-labels-idx1-ubyte" + suffix, train_labels);
  folder.write("t10k-images-idx3-ubyte" + suffix, test_images);
  folder.write("t10k-labels-idx1-ubyte" + suffix, test_labels);
}

}  // namespace

TEST_SUITE("data/mnist") {
  TEST_CASE("the four files of a folder become a training set and a test set") {
    const data_files::folder folder;
    write_all(folder);
    const auto [train, test] = mn::load_mnist(folder.path());
    CHECK(train.dimensions == mn::shape{1, 2, 1});
    CHECK_EQ(train.images, bytes{1, 2, 3, 4});
    CHECK_EQ(train.labels, std::vector<int>{7, 9});
    CHECK(test.dimensions == mn::shape{1, 2, 1});
    CHECK_EQ(test.images, bytes{5, 6});
    CHECK_EQ(test.labels, std::vector<int>{3});
  }

  TEST_CASE("a folder of .gz without an opener for them says what to include, pass and link") {
    const data_files::folder folder;
    write_all(folder, ".gz");
    mn::train_and_test<std::uint8_t> out;
    CHECK_EQ(
        data_files::sentence(mn::read_mnist(folder.path().c_str(), out), folder),
        "train-images-idx3-ubyte: expected this file, found only its .gz; either #include \"minnow/data/gzip.hpp\", "
        "pass minnow::gzip to the reader as its last argument and link zlib (CMake target minnow::gzip), or "
        "unpack it with gzip -dk");
  }

  TEST_CASE("the throwing form throws the sentence") {
    const data_files::folder folder;
    std::string text;
    try {
      (void)mn::load_mnist(folder.path());
    } catch (const mn::error& e) {
      text = e.what();
    }
    CHECK_EQ(text,
             folder.path("train-images-idx3-ubyte") + ": expected a file, found none (No such file or directory)");
  }

  TEST_CASE("test images of another size are refused") {
    const data_files::folder folder;
    write_all(folder);
    folder.write("t10k-images-idx3-ubyte", bytes{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 5, 6});
    mn::train_and_test<std::uint8_t> out;
    CHECK_EQ(mn::read_mnist(folder.path().c_str(), out).message(),
             folder.path() + ": expected test images of 1 x 2, as the training images are, found 2 x 1");
    CHECK(out.train.images.empty());
  }

#if defined(MINNOW_TEST_GZIP)
  TEST_CASE("MNIST itself has its known counts" * doctest::skip(!data_files::real("mnist"))) {
    const auto [train, test] = mn::load_mnist(*data_files::real("mnist"), mn::gzip);
    CHECK(train.dimensions == mn::shape{28, 28, 1});
    CHECK_EQ(data_files::counts(train.labels),
             std::vector<int>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
    CHECK_EQ(data_files::counts(test.labels), std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
    CHECK_EQ(std::vector<int>(train.labels.begin(), train.labels.begin() + 5), std::vector<int>{5, 0, 4, 1, 9});
    double sum = 0;
    for (const std::uint8_t value : train.images) sum += value;
    CHECK_EQ(sum / static_cast<double>(train.images.size()) / 255, doctest::Approx(0.1306604763));
  }

  TEST_CASE("Fashion-MNIST is read by the same reader" * doctest::skip(!data_files::real("fashion-mnist"))) {
    const auto [train, test] = mn::load_mnist(*data_files::real("fashion-mnist"), mn::gzip);
    CHECK_EQ(data_files::counts(train.labels), std::vector<int>(10, 6000));
    CHECK_EQ(data_files::counts(test.labels), std::vector<int>(10, 1000));
  }
#endif
}
