// Labels of an IDX file by minnow::gzip: packed, or as they are.
#include <minnow/data/gzip.hpp>
#include <minnow/data/idx.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  const char* path = as_file(input);
  std::vector<int> labels;
  const minnow::status said = minnow::read_idx_labels(path, labels, 10, minnow::gzip);
  // What is packed may be a thousand times as long, and a buffer that grows has twice its bytes.
  return {said, labels.size() * sizeof(int) + 2048 * input.size()};
}
