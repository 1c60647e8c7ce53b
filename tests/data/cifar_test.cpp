#include <minnow/data/cifar.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "system/data_files.hpp"

namespace mn = minnow;

namespace {

using data_files::bytes;

constexpr std::size_t record = 3073;

// Returns the byte of a pixel in a file of three records. The byte depends on the record, the channel and the pixel, so
// that exchanged bytes are found.
std::uint8_t value(std::size_t image, std::size_t channel, std::size_t pixel) {
  return static_cast<std::uint8_t>(image * 101 + channel * 37 + pixel * 7 + pixel / 32);
}

bytes batch() {
  bytes result;
  for (std::size_t image = 0; image < 3; ++image) {
    result.push_back(static_cast<std::uint8_t>(4 * image));
    for (std::size_t channel = 0; channel < 3; ++channel)
      for (std::size_t pixel = 0; pixel < 1024; ++pixel) result.push_back(value(image, channel, pixel));
  }
  return result;
}

std::string refusal_of_batch(const bytes& content) {
  const data_files::folder folder;
  mn::dataset<std::uint8_t> out;
  const mn::status outcome = mn::read_cifar10_batch(folder.write("b", content).c_str(), out, 3);
  CHECK(out.images.empty());
  return data_files::sentence(outcome, folder);
}

const std::vector<std::string> batch_files{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                           "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};

}  // namespace

TEST_SUITE("data/cifar") {
  TEST_CASE("planes become channels last, and batches follow one another") {
    const data_files::folder folder;
    const std::string path = folder.write("b", batch());
    mn::dataset<std::uint8_t> out;
    REQUIRE_EQ(mn::read_cifar10_batch(path.c_str(), out, 3).message(), std::string());
    REQUIRE_EQ(mn::read_cifar10_batch(path.c_str(), out, 3).message(), std::string());
    CHECK(out.dimensions == mn::shape{32, 32, 3});
    CHECK_EQ(out.size(), 6);
    CHECK_EQ(out.labels, std::vector<int>{0, 4, 8, 0, 4, 8});
    int differences = 0;
    for (std::size_t image = 0; image < 6; ++image)
      for (std::size_t pixel = 0; pixel < 1024; ++pixel)
        for (std::size_t channel = 0; channel < 3; ++channel)
          differences += out.images[(image * 1024 + pixel) * 3 + channel] != value(image % 3, channel, pixel);
    CHECK_EQ(differences, 0);
  }

  TEST_CASE("a file cut anywhere, even between records, is refused, and so is one that goes on") {
    const bytes good = batch();
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{1}, record - 1, record, record + 1, 2 * record, 3 * record - 1})
      CHECK_EQ(refusal_of_batch(data_files::first(good, length)),
               "b: expected 9219 bytes (3 records of 3073), found " + std::to_string(length));
    bytes more = good;
    more.push_back(0);
    CHECK_EQ(refusal_of_batch(more), "b: expected 9219 bytes (3 records of 3073), found 9220");
  }

  TEST_CASE("a label out of range is refused") {
    bytes bad = batch();
    bad[2 * record] = 10;
    CHECK_EQ(refusal_of_batch(bad), "b: expected labels 0 to 9, found 10 in record 2");
  }

  TEST_CASE("files still compressed are named with what unpacks them") {
    const data_files::folder folder;
    for (const std::string& name : batch_files) folder.write(name + ".xz", "");
    mn::train_and_test<std::uint8_t> out;
    CHECK_EQ(data_files::sentence(mn::read_cifar10(folder.path().c_str(), out), folder),
             "data_batch_1.bin: expected this file, found only its .xz; unpack it: xz -dk data_batch_1.bin.xz");
    CHECK_THROWS_AS((void)mn::load_cifar10(folder.path()), mn::error);
  }

  TEST_CASE("a folder holds five batches of 10,000 and a test batch") {
    const data_files::folder folder;
    for (const std::string& name : batch_files) {
      folder.write(name, "");
      std::filesystem::resize_file(folder.path(name), 10'000 * record);
    }
    {
      const auto [train, test] = mn::load_cifar10(folder.path());
      CHECK_EQ(train.size(), 50'000);
      CHECK_EQ(test.size(), 10'000);
    }
    std::filesystem::resize_file(folder.path("data_batch_3.bin"), 9'999 * record);
    mn::train_and_test<std::uint8_t> out;
    CHECK_EQ(data_files::sentence(mn::read_cifar10(folder.path().c_str(), out), folder),
             "data_batch_3.bin: expected 30730000 bytes (10000 records of 3073), found 30726927");
    CHECK(out.train.images.empty());
  }

  TEST_CASE("CIFAR-10 itself has its known counts and means" *
            doctest::skip(!data_files::real("cifar-10") ||
                          !std::filesystem::exists(*data_files::real("cifar-10") + "/data_batch_1.bin"))) {
    const auto [train, test] = mn::load_cifar10(*data_files::real("cifar-10"));
    CHECK_EQ(data_files::counts(train.labels), std::vector<int>(10, 5000));
    CHECK_EQ(data_files::counts(test.labels), std::vector<int>(10, 1000));
    // Searches the training set for its official first image, a frog, by the red values of its first pixels.
    int frogs = 0;
    for (int i = 0; i < train.size(); ++i) {
      const auto image = train.image(i);
      frogs += image[0] == 59 && image[3] == 43 && image[6] == 50 && image[9] == 68 && image[12] == 98 &&
               image[15] == 119 && train.labels[static_cast<std::size_t>(i)] == 6;
    }
    CHECK_EQ(frogs, 1);
    double sums[3] = {};
    for (std::size_t i = 0; i < train.images.size(); ++i) sums[i % 3] += train.images[i];
    const double all = 255.0 * static_cast<double>(train.images.size()) / 3;
    CHECK_EQ(sums[0] / all, doctest::Approx(0.49139968));
    CHECK_EQ(sums[1] / all, doctest::Approx(0.48215841));
    CHECK_EQ(sums[2] / all, doctest::Approx(0.44653091));
  }

  TEST_CASE("refuses fewer than one record, and to append to images of another shape or without labels") {
    mn::dataset<std::uint8_t> out;
    for (const int records : {0, -1, -2147483647})
      CHECK_EQ(std::string(mn::read_cifar10_batch("none", out, records).message()),
               "read_cifar10_batch: expected at least 1 record, found " + std::to_string(records));
    out.dimensions = {2, 2, 1};
    out.images.resize(8);
    out.labels = {1, 2};
    CHECK_EQ(std::string(mn::read_cifar10_batch("none", out, 1).message()),
             "read_cifar10_batch: expected an empty data set or labeled images of 32x32x3, found 2 images of 2x2x1 "
             "and 2 labels");
    out.dimensions = {32, 32, 3};
    out.images.resize(3072);
    out.labels.clear();
    CHECK_FALSE(mn::read_cifar10_batch("none", out, 1).ok());
  }
}

namespace {

// Three records of CIFAR-100: coarse labels 0, 9 and 18, fine labels 0, 49 and 98.
bytes batch_of_100() {
  const bytes ten = batch();
  bytes result;
  for (std::size_t image = 0; image < 3; ++image) {
    result.push_back(static_cast<std::uint8_t>(9 * image));
    result.push_back(static_cast<std::uint8_t>(49 * image));
    result.insert(result.end(), ten.begin() + static_cast<std::ptrdiff_t>(image * record + 1),
                  ten.begin() + static_cast<std::ptrdiff_t>((image + 1) * record));
  }
  return result;
}

}  // namespace

TEST_SUITE("data/cifar: CIFAR-100") {
  TEST_CASE("images have the same layout as in CIFAR-10, and labels are the fine or the coarse ones") {
    const data_files::folder folder;
    const std::string path = folder.write("hundred", batch_of_100());
    mn::dataset<std::uint8_t> ten, fine, coarse;
    REQUIRE_EQ(mn::read_cifar10_batch(folder.write("ten", batch()).c_str(), ten, 3).message(), std::string());
    REQUIRE_EQ(mn::read_cifar100_file(path.c_str(), fine, 3).message(), std::string());
    REQUIRE_EQ(mn::read_cifar100_file(path.c_str(), coarse, 3, mn::cifar100_labels::coarse).message(), std::string());
    CHECK_EQ(fine.labels, std::vector<int>{0, 49, 98});
    CHECK_EQ(coarse.labels, std::vector<int>{0, 9, 18});
    CHECK(fine.dimensions == mn::shape{32, 32, 3});
    CHECK_EQ(fine.images, ten.images);
    CHECK_EQ(coarse.images, ten.images);
  }

  TEST_CASE("a file of another length and labels out of range are refused, also the labels that are not kept") {
    const data_files::folder folder;
    const bytes good = batch_of_100();
    const auto refusal = [&](const bytes& content) {
      mn::dataset<std::uint8_t> out;
      const std::string path = folder.write("b", content);
      const mn::status fine = mn::read_cifar100_file(path.c_str(), out, 3);
      const mn::status coarse = mn::read_cifar100_file(path.c_str(), out, 3, mn::cifar100_labels::coarse);
      CHECK(out.images.empty());
      CHECK_EQ(std::string(fine.message()), std::string(coarse.message()));
      return data_files::sentence(fine, folder);
    };
    for (const std::size_t length : {std::size_t{0}, std::size_t{3 * 3073}, std::size_t{2 * 3074}})
      CHECK_EQ(refusal(data_files::first(good, length)),
               "b: expected 9222 bytes (3 records of 3074), found " + std::to_string(length));
    bytes bad = good;
    bad[3074] = 20;
    CHECK_EQ(refusal(bad), "b: expected coarse labels 0 to 19, found 20 in record 1");
    bad = good;
    bad[2 * 3074 + 1] = 100;
    CHECK_EQ(refusal(bad), "b: expected fine labels 0 to 99, found 100 in record 2");
    mn::dataset<std::uint8_t> out;
    CHECK_EQ(std::string(mn::read_cifar100_file("none", out, 0).message()),
             "read_cifar100_file: expected at least 1 record, found 0");
  }

  TEST_CASE("a folder holds a file of 50,000 and one of 10,000 images") {
    const data_files::folder folder;
    folder.write("train.bin", "");
    folder.write("test.bin", "");
    std::filesystem::resize_file(folder.path("train.bin"), 50'000 * std::size_t{3074});
    std::filesystem::resize_file(folder.path("test.bin"), 10'000 * std::size_t{3074});
    {
      const auto [train, test] = mn::load_cifar100(folder.path(), mn::cifar100_labels::coarse);
      CHECK_EQ(train.size(), 50'000);
      CHECK_EQ(test.size(), 10'000);
    }
    std::filesystem::resize_file(folder.path("test.bin"), 10'001 * std::size_t{3074});
    mn::train_and_test<std::uint8_t> out;
    CHECK_EQ(data_files::sentence(mn::read_cifar100(folder.path().c_str(), out), folder),
             "test.bin: expected 30740000 bytes (10000 records of 3074), found 30743074");
    CHECK(out.train.images.empty());
    CHECK_THROWS_AS((void)mn::load_cifar100(folder.path()), mn::error);
  }
}
