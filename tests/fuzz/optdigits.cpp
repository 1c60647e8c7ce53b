// Fuzzes CSV files of the optdigits data set, here with three lines.
#include <minnow/data/optdigits.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  in_memory::input = input;
  minnow::dataset<std::uint8_t> images;
  return {minnow::read_optdigits_file("it", images, 3, in_memory{}), images.images.size() + input.size()};
}
