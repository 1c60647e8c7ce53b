// Stands for the rest of an application's project. On a Cortex-M board of qemu, prints the classes of the images.

#include <cstdint>

#include "board.hpp"
#include "images_data.hpp"

extern "C" int classify(const std::uint8_t* image);

int main() {
  constexpr std::size_t size = sizeof images_data::images / images_data::count;
  board::print("classes");
  for (int n = 0; n < images_data::count; ++n)
    board::print(" "), board::print(classify(images_data::images + size * static_cast<std::size_t>(n)));
  board::print("\n");
  return 0;
}
