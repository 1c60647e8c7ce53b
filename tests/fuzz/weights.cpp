// Fuzzes network weights that are read from safetensors, including wrong tensors in valid files.
#include <minnow/exchange/safetensors.hpp>
#include <minnow/exchange/weights.hpp>

#include "fuzz.hpp"
#include "fuzzed_weights.hpp"

fuzz::outcome fuzz::fuzz_one(bytes input) {
  static network net;
  minnow::tensors from;
  minnow::status said = minnow::read_safetensors(input, "it", from);
  if (said.ok()) said = minnow::read_weights(from, net, names, {.allow_unused = true});
  if (said.ok())
    net.arrays([](std::string_view, std::string_view, std::span<float> values) {
      for (const float v : values)
        if (!std::isfinite(v)) std::abort();
    });
  return {said, 8 * input.size() + 4096};
}
