// Fuzzes labels of an IDX file read through minnow::gzip, compressed or not.
#include <minnow/data/gzip.hpp>
#include <minnow/data/idx.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  const char* path = as_file(input);
  std::vector<int> labels;
  const minnow::status said = minnow::read_idx_labels(path, labels, 10, minnow::gzip);
  // Compressed data may expand a thousandfold, and a growing buffer has up to twice its size.
  return {said, labels.size() * sizeof(int) + 2048 * input.size()};
}
