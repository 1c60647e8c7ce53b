// The file that an application's project compiles: a network behind a C function, so that the rest of the project needs
// neither C++20 nor minnow's headers.

#include <cstdint>

#include <minnow/firmware.hpp>

#include "model.hpp"         // the model's struct
#include "network_data.hpp"  // written by save_header on the host

namespace {

minnow::firmware<firmware_example::network, network_data::network> net;  // in .bss: the memory of a run
float logits[net.classes];

static_assert(net.ram_bytes <= 64 * 1024 && net.flash_bytes <= 512 * 1024, "the network no longer fits this product");

}  // namespace

/// Returns the class of an image (H,W,C), with the largest logit.
extern "C" int classify(const std::uint8_t* image) {
  net.run(image, logits);
  int best = 0;
  for (int c = 1; c < net.classes; ++c)
    if (logits[c] > logits[best]) best = c;
  return best;
}
