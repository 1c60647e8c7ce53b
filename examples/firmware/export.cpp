// Runs on the host: trains the network for a few steps, packs it, and writes the headers that the device's program
// includes.
//
// usage: firmware_export FOLDER        network_data.hpp: the network; images_data.hpp: images and the host's logits for
// them

#include <algorithm>
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

/// Returns random images with stripes, whose direction is the label, for any model.
mn::dataset<std::uint8_t> stripes(int count, std::uint64_t draws) {
  using graph = mn::layer_graph<network>;
  const mn::shape image = graph::input;
  mn::random random{mn::seed{draws}};
  mn::dataset<std::uint8_t> data;
  data.dimensions = image;
  for (int n = 0; n < count; ++n) {
    const int label = random.below(std::min(graph::output.size(), 10)), phase = random.below(16);
    data.labels.push_back(label);
    for (int y = 0; y < image.height; ++y)
      for (int x = 0; x < image.width; ++x)
        for (int c = 0; c < image.channels; ++c) {
          const int stripe = (y * label + x * (10 - label) + 7 * c + phase) / 4 % 2;
          data.images.push_back(static_cast<std::uint8_t>(96 * stripe + random.below(160)));
        }
  }
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

long long macs() {
  long long sum = 0;
  [&]<std::size_t... Stage>(std::index_sequence<Stage...>) {
    ((sum +=
      mn::detail::stage_plan<network, Stage>::has_product ? mn::detail::stage_plan<network, Stage>::window.macs() : 0),
     ...);
  }(std::make_index_sequence<mn::detail::stages<network>::count>{});
  return sum;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) return std::fprintf(stderr, "usage: firmware_export FOLDER\n"), 2;
  const std::string folder = std::string(arguments[1]) + "/";

  mn::network<network, mn::aqe> net{mn::seed{1}};
  mn::fit(net, stripes(256, 1), mn::adam{.rate = 1e-3f}, mn::linear{},
          {.epochs = 1, .batch = 32, .batch_norm_batches = 4});
  const auto small = mn::pack(net);
  mn::save_header(small, folder + "network_data.hpp", "network_data");

  const auto test = stripes(4, 2);
  write_images(folder + "images_data.hpp", test, small.run(std::span<const std::uint8_t>(test.images)));
  std::printf("firmware_export: %zu bits of weights, %lld multiply-accumulates; %d images with the host's logits\n",
              small.weight_bits(), macs(), test.size());
} catch (const std::exception& e) {
  std::fprintf(stderr, "firmware_export: %s\n", e.what());
  return 1;
}
