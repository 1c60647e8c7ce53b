// Runs on the device: two networks that share one arena, one of images and one of sound. Compares the logits with the
// host's.

#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/firmware.hpp>

#include "board.hpp"
#include "images_data.hpp"
#include "model.hpp"
#include "network_data.hpp"
#include "sounds_data.hpp"
#include "tones_data.hpp"

namespace {

using firmware_example::network;
using firmware_example::tones;

// The memory of the network that runs. The logits are not part of it, so they remain.
minnow::firmware_arena<minnow::firmware_ram_bytes<network>, minnow::firmware_ram_bytes<tones>> arena;
minnow::firmware<network, network_data::network, &arena> eye;
minnow::firmware<tones, tones_data::network, &arena> ear;

static_assert(arena.size < 4096 && eye.flash_bytes + ear.flash_bytes < 16384, "the memory that this product has left");

template <class Logits>
int differences(const Logits& logits, const std::uint32_t* expected) {
  int count = 0;
  for (const float logit : logits) count += std::bit_cast<std::uint32_t>(logit) != *expected++;
  return count;
}

}  // namespace

int main() {
  using board::print;
  float seen[eye.classes], heard[ear.classes];
  int wrong = 0;
  for (int n = 0; n < images_data::count; ++n) {
    eye.run(images_data::images + n * eye.image_size, seen);
    ear.run(sounds_data::images + n * ear.image_size, heard);
    wrong += differences(seen, images_data::logits + n * eye.classes);
    wrong += differences(heard, sounds_data::logits + n * ear.classes);
  }
  print("two networks in an arena of "), print(static_cast<int>(arena.size)), print(" bytes: "), print(wrong);
  print(" of "), print(images_data::count * (eye.classes + ear.classes)), print(" logits differ from the host's\n");
  return wrong != 0;
}
