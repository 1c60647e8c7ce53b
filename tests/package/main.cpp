// Calls the loader of a network that is compiled for several architectures, and the safetensors reader if it is
// available. Both must report that the file "none" does not exist.
#include <cstdio>
#include <cstring>

#include <minnow/core/version.hpp>
#ifdef CONSUMER_SAFETENSORS
#include <minnow/exchange/safetensors.hpp>
#endif

#include "tiny_network.hpp"

int main() {
  std::printf("minnow %d.%d.%d\n", MINNOW_VERSION_MAJOR, MINNOW_VERSION_MINOR, MINNOW_VERSION_PATCH);
#ifdef CONSUMER_SAFETENSORS
  minnow::tensors weights;
  const minnow::status outcome = minnow::read_safetensors("none", weights);
  std::puts(outcome.message());
  if (std::strstr(outcome.message(), "none: expected a file") == nullptr) return 1;
#endif
  try {
    (void)tiny_network::load("none");
  } catch (const minnow::error& e) {
    std::puts(e.what());
    return std::strstr(e.what(), "none: expected a file, found none") != nullptr ? 0 : 1;
  }
  return 1;
}
