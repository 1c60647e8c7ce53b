#include <iostream>
#include <span>

#include "digits_network.hpp"

void run(std::span<const std::uint8_t> images, std::span<float> logits) {
  // the block
}
