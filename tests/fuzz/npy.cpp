// Fuzzes NumPy's .npy files. Numbers of one byte become floats of four bytes, so the result may be four times as large
// as the file.
#include <minnow/exchange/npy.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  minnow::tensor result;
  const minnow::status said = minnow::read_npy(input, "it", result);
  return {said, said.ok() ? std::max(result.values.size() * sizeof(float), input.size()) : 4 * input.size()};
}
