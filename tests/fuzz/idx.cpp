// Fuzzes MNIST's IDX files, images and labels.
#include <minnow/data/idx.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  in_memory::input = input;
  minnow::dataset<std::uint8_t> images;
  std::vector<int> labels;
  const minnow::status said = minnow::read_idx_images("it", images, in_memory{});
  const minnow::status of_labels = minnow::read_idx_labels("it", labels, 10, in_memory{});
  return {said.ok() ? of_labels : said, images.images.size() + labels.size() * sizeof(int) + input.size()};
}
