// Fuzzes an IDX file of labels that is read through minnow::gzip, compressed or not.
#include <minnow/data/gzip.hpp>
#include <minnow/data/idx.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  const char* path = as_file(input);
  std::vector<int> labels;
  const minnow::status said = minnow::read_idx_labels(path, labels, 10, minnow::gzip);
  // Data may expand a thousandfold when it is decompressed, and a growing buffer may be twice as large as its content.
  return {said, labels.size() * sizeof(int) + 2048 * input.size()};
}
