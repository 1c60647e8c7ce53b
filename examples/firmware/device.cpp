// Runs on the device: runs the network on the images and compares the logits with the host's.

#include <bit>
#include <cstddef>
#include <cstdint>

#include <minnow/firmware.hpp>

#include "board.hpp"
#include "images_data.hpp"
#include "model.hpp"
#include "network_data.hpp"

namespace {

minnow::firmware<firmware_example::network, network_data::network> net;  // owns all memory that a run needs
static_assert(sizeof net == net.ram_bytes);

float logits[net.classes];
std::uint32_t ticks[net.stages];

}  // namespace

int main() {
  using board::print;
  board::paint_stack();
  int differences = 0, classes[images_data::count] = {};
  for (int n = 0; n < images_data::count; ++n) {
    board::counter::start();
    net.run(images_data::images + n * net.image_size, logits, [](std::size_t stage) {
      ticks[stage] = board::counter::count();
      board::counter::start();
    });
    for (int c = 0; c < net.classes; ++c) {
      differences += std::bit_cast<std::uint32_t>(logits[c]) != images_data::logits[n * net.classes + c];
      if (logits[c] > logits[classes[n]]) classes[n] = c;
    }
  }
  print("classes");
  for (const int c : classes) print(" "), print(c);
  print("\nfirmware: "), print(differences), print(" of "), print(images_data::count * net.classes);
  print(" logits differ from the host's in a bit; ram_bytes "), print(static_cast<int>(net.ram_bytes));
  print(", flash_bytes "), print(static_cast<int>(net.flash_bytes)), print("\nfigure firmware_stack ");
  print(board::stack_used()), print(" bytes\n");
  // One line for each stage: the path of its first layer, multiply-accumulates, ticks of the last run.
  for (std::size_t stage = 0; stage < net.stages; ++stage) {
    print("stage,"), print(net.paths[stage]), print(",");
    print(static_cast<int>(net.macs[stage])), print(","), print(static_cast<int>(ticks[stage])), print("\n");
  }
  return differences != 0;
}
