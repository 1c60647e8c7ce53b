// Fuzzes safetensors files. Numbers of one byte become floats of four bytes, so the result may be four times as large
// as the file.
#include <minnow/exchange/safetensors.hpp>

#include "fuzz.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  minnow::tensors result;
  const minnow::status said = minnow::read_safetensors(input, "it", result);
  std::size_t decoded = 0;
  for (const auto& [name, t] : result) decoded += name.size() + t.values.size() * sizeof(float);
  return {said, said.ok() ? std::max(decoded, input.size()) : 4 * input.size()};
}
