// One program for many processors: runs a packed model with the best instruction set that this processor supports, or
// with the instruction set that the user names.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <vector>

#include <minnow/dispatch.hpp>

#include "digits_network.hpp"

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: dispatch MODEL.mnw [ARCHITECTURE] < IMAGE (28x28 bytes)\narchitectures:");
    for (const minnow::dispatch_arch& a : digits_network::archs())
      std::fprintf(stderr, " %s%s", a.name, a.available ? "" : " (not here)");
    std::fprintf(stderr, "\n");
    return 2;
  }
  try {
    minnow::dispatched network = digits_network::load(argv[1], argc == 3 ? argv[2] : "");
    std::fputs(network.summary().c_str(), stdout);
    std::vector<std::uint8_t> image(network.image_size());
    if (std::fread(image.data(), 1, image.size(), stdin) != image.size()) {
      std::fprintf(stderr, "dispatch: expected an image of %zu bytes on standard input\n", image.size());
      return 1;
    }
    std::vector<float> logits(static_cast<std::size_t>(network.classes()));
    network.run(std::span<const std::uint8_t>(image), logits);
    std::printf("%s: %td\n", network.arch(), std::max_element(logits.begin(), logits.end()) - logits.begin());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "dispatch: %s\n", e.what());
    return 1;
  }
}
