// Fuzzes CIFAR-10's batch files, here with two records.
#include <minnow/data/cifar.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  in_memory::input = input;
  minnow::dataset<std::uint8_t> images;
  return {minnow::read_cifar10_batch("it", images, 2, in_memory{}), images.images.size() + input.size()};
}
