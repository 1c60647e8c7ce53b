// Fuzzes files of CIFAR-10 and CIFAR-100 with two records each.
#include <minnow/data/cifar.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  in_memory::input = input;
  minnow::dataset<std::uint8_t> images;
  // The length of an input decides which of the two readers can accept it.
  if (input.size() % 3073 == 0)
    return {minnow::read_cifar10_batch("it", images, 2, in_memory{}), images.images.size() + input.size()};
  return {minnow::read_cifar100_file("it", images, 2, minnow::cifar100_labels::fine, in_memory{}),
          images.images.size() + input.size()};
}
