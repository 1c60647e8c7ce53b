// Runs on the host: trains the network for a few steps, packs it, and writes the headers that the device's program
// includes.
//
// usage: firmware_export FOLDER        network_data.hpp: the network; images_data.hpp: images and the host's logits for
// them

#include <bit>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include <minnow/firmware/export_header.hpp>
#include <minnow/minnow.hpp>

#include "model.hpp"

namespace {

namespace mn = minnow;
using firmware_example::network;

/// Returns synthetic digits as 32x32 color images. A digit's position and brightness differ between the color channels.
mn::dataset<std::uint8_t> color_digits(int count, std::uint64_t draws) {
  const auto digits = mn::synthetic_digits(count, mn::seed{draws});
  mn::dataset<std::uint8_t> data;
  data.dimensions = {32, 32, 3};
  data.labels = digits.labels;
  data.images.assign(static_cast<std::size_t>(count) * 32 * 32 * 3, 0);
  for (int n = 0; n < count; ++n)
    for (int y = 0; y < 28; ++y)
      for (int x = 0; x < 28; ++x)
        for (int c = 0; c < 3; ++c)
          data.images[static_cast<std::size_t>(((n * 32 + y + 1 + c) * 32 + x + 3 - c) * 3 + c)] =
              static_cast<std::uint8_t>(digits.image(n)[static_cast<std::size_t>(y * 28 + x)] / (c + 1));
  return data;
}

/// Writes images and logits as a header. Logits are written as bit patterns, because the device's logits must be equal
/// in every bit.
void write_images(const std::string& path, const mn::dataset<std::uint8_t>& data, std::span<const float> logits) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) mn::require(mn::status::failure("%s: could not be created", path.c_str()));
  std::fprintf(file,
               "#pragma once\n\n#include <cstdint>\n\nnamespace images_data {\n\ninline constexpr int count = %d;\n",
               data.size());
  std::fprintf(file, "inline constexpr std::uint8_t images[] = {");
  for (std::size_t i = 0; i < data.images.size(); ++i)
    std::fprintf(file, "%s%d", i % 32 == 0 ? (i == 0 ? "\n  " : ",\n  ") : ",", data.images[i]);
  std::fprintf(file, "};\ninline constexpr std::uint32_t logits[] = {");
  for (std::size_t i = 0; i < logits.size(); ++i)
    std::fprintf(file, "%s0x%08xu", i % 10 == 0 ? (i == 0 ? "\n  " : ",\n  ") : ", ",
                 std::bit_cast<std::uint32_t>(logits[i]));
  std::fprintf(file, "};\n\n}  // namespace images_data\n");
  std::fclose(file);
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) return std::fprintf(stderr, "usage: firmware_export FOLDER\n"), 2;
  const std::string folder = std::string(arguments[1]) + "/";

  mn::network<network, mn::aqe> net{mn::seed{1}};
  mn::fit(net, color_digits(256, 1), mn::adam{.rate = 1e-3f}, mn::linear{},
          {.epochs = 1, .batch = 32, .batch_norm_batches = 4});
  const auto small = mn::pack(net);
  mn::save_header(small, folder + "network_data.hpp", "network_data");

  const auto test = color_digits(4, 2);
  write_images(folder + "images_data.hpp", test, small.run(std::span<const std::uint8_t>(test.images)));
  std::printf("firmware_export: %zu bits of weights; %d images with the host's logits\n", small.weight_bits(),
              test.size());
} catch (const std::exception& e) {
  std::fprintf(stderr, "firmware_export: %s\n", e.what());
  return 1;
}
