#include <minnow/data/idx.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "system/data_files.hpp"

namespace mn = minnow;

namespace {

using data_files::bytes;

// Two images of 2 x 3, and their labels.
const bytes image_file{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255};
const bytes label_file{0, 0, 8, 1, 0, 0, 0, 2, 7, 9};

bytes with(bytes content, std::size_t at, std::uint8_t value) {
  content.at(at) = value;
  return content;
}

bytes longer(bytes content) {
  content.push_back(0);
  return content;
}

std::string refusal_of_images(const bytes& content) {
  const data_files::folder folder;
  mn::dataset<std::uint8_t> out({1, 1, 1}, {42}, {0});
  const mn::status outcome = mn::read_idx_images(folder.write("images", content).c_str(), out);
  CHECK_EQ(out.images, bytes{42});
  return data_files::sentence(outcome, folder);
}

std::string refusal_of_labels(const bytes& content, int classes = 10) {
  const data_files::folder folder;
  std::vector<int> out{42};
  const mn::status outcome = mn::read_idx_labels(folder.write("labels", content).c_str(), out, classes);
  CHECK_EQ(out, std::vector<int>{42});
  return data_files::sentence(outcome, folder);
}

}  // namespace

TEST_SUITE("data/idx") {
  TEST_CASE("images and labels come back as they were written") {
    const data_files::folder folder;
    mn::dataset<std::uint8_t> out;
    const std::string image_path = folder.write("images", image_file);
    const std::string label_path = folder.write("labels", label_file);
    REQUIRE_EQ(mn::read_idx(image_path.c_str(), label_path.c_str(), out).message(), std::string());
    CHECK(out.dimensions == mn::shape{2, 3, 1});
    CHECK_EQ(out.images, bytes(image_file.begin() + 16, image_file.end()));
    CHECK_EQ(out.labels, std::vector<int>{7, 9});
  }

  TEST_CASE("a file cut at any length is refused, and so is one with a byte more") {
    for (std::size_t length = 0; length < image_file.size(); ++length)
      CHECK_NE(refusal_of_images(data_files::first(image_file, length)), "");
    for (std::size_t length = 0; length < label_file.size(); ++length)
      CHECK_NE(refusal_of_labels(data_files::first(label_file, length)), "");
    CHECK_EQ(refusal_of_images(data_files::first(image_file, 0)),
             "images: expected an IDX header of 16 bytes, found a file of 0 bytes");
    CHECK_EQ(refusal_of_labels(data_files::first(label_file, 7)),
             "labels: expected an IDX header of 8 bytes, found a file of 7 bytes");
    CHECK_EQ(refusal_of_images(data_files::first(image_file, 27)),
             "images: expected 28 bytes (a header of 16 and 2 images of 2 x 3), found 27");
    CHECK_EQ(refusal_of_images(longer(image_file)),
             "images: expected 28 bytes (a header of 16 and 2 images of 2 x 3), found 29");
    CHECK_EQ(refusal_of_labels(data_files::first(label_file, 9)),
             "labels: expected 10 bytes (a header of 8 and 2 labels), found 9");
    CHECK_EQ(refusal_of_labels(longer(label_file)), "labels: expected 10 bytes (a header of 8 and 2 labels), found 11");
  }

  TEST_CASE("another kind of file is refused by its magic") {
    CHECK_EQ(refusal_of_images(label_file),
             "images: expected an IDX file of images (magic 0x00000803), found magic 0x00000801");
    CHECK_EQ(refusal_of_labels(image_file),
             "labels: expected an IDX file of labels (magic 0x00000801), found magic 0x00000803");
    CHECK_EQ(refusal_of_images(with(image_file, 2, 0x0d)),
             "images: expected an IDX file of images (magic 0x00000803), found magic 0x00000d03");
    CHECK_EQ(
        refusal_of_images({0x1f, 0x8b, 8, 0, 0}),
        "images: expected an IDX file, found gzip data: #include \"minnow/data/gzip.hpp\", pass minnow::gzip to the "
        "reader as its last argument and link zlib (CMake target minnow::gzip), or unpack it with gzip -dk");
  }

  TEST_CASE("absurd numbers in a header are refused before anything is allocated") {
    CHECK_EQ(refusal_of_images(with(image_file, 7, 0)),
             "images: expected 1 to 2147483647 images, found 0 in its header");
    CHECK_EQ(refusal_of_images(with(image_file, 4, 0xff)),
             "images: expected 1 to 2147483647 images, found 4278190082 in its header");
    CHECK_EQ(refusal_of_labels(with(label_file, 7, 0)),
             "labels: expected 1 to 2147483647 labels, found 0 in its header");
    CHECK_EQ(refusal_of_images(with(image_file, 11, 0)),
             "images: expected images of 1 to 4096 rows and columns, found 0 x 3");
    CHECK_EQ(refusal_of_images(with(image_file, 12, 1)),
             "images: expected images of 1 to 4096 rows and columns, found 2 x 16777219");
    CHECK_EQ(
        refusal_of_images(with(with(with(image_file, 4, 0x7f), 10, 0x0f), 14, 0x0f)),
        "images: expected 31459467140961820 bytes (a header of 16 and 2130706434 images of 3842 x 3843), found 28");
  }

  TEST_CASE("a label out of range is refused") {
    CHECK_EQ(refusal_of_labels(with(label_file, 9, 10)), "labels: expected labels 0 to 9, found 10 at index 1");
    CHECK_EQ(refusal_of_labels(label_file, 7), "labels: expected labels 0 to 6, found 7 at index 0");
    CHECK_EQ(refusal_of_labels(with(label_file, 8, 255)), "labels: expected labels 0 to 9, found 255 at index 0");
  }

  TEST_CASE("counts of images and labels that differ are refused") {
    const data_files::folder folder;
    mn::dataset<std::uint8_t> out;
    const std::string image_path = folder.write("images", image_file);
    const std::string label_path = folder.write("labels", longer(with(label_file, 7, 3)));
    CHECK_EQ(data_files::sentence(mn::read_idx(image_path.c_str(), label_path.c_str(), out), folder),
             "labels: expected 2 labels, one for each image of images, found 3");
    CHECK(out.images.empty());
  }

  TEST_CASE("refuses fewer than one class") {
    std::vector<int> out;
    CHECK_EQ(std::string(mn::read_idx_labels("none", out, 0).message()),
             "read_idx_labels: expected at least 1 class, found 0");
    CHECK_FALSE(mn::read_idx_labels("none", out, -3).ok());
  }
}
