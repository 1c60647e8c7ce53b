// Fuzzes NumPy's arrays. Numbers of one byte become floats of four bytes.
#include <minnow/exchange/npy.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  minnow::tensor result;
  const minnow::status said = minnow::read_npy(input, "it", result);
  return {said, said.ok() ? std::max(result.values.size() * sizeof(float), input.size()) : 4 * input.size()};
}
