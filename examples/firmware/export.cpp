// Runs on the host: trains the network for a few steps, packs it, and writes the headers that the device's program
// includes.
//
// usage: firmware_export FOLDER        network_data.hpp: the network; images_data.hpp: images and the host's logits for
// them. For small_graph also tones_data.hpp and sounds_data.hpp, a second network and its inputs

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include <minnow/firmware/export_header.hpp>
#include <minnow/firmware/summary.hpp>
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

struct tones_and_labels {
  std::vector<std::int16_t> samples;
  std::vector<int> labels;
};

/// Returns tones of three frequencies in noise, as samples of 16 bits.
tones_and_labels sounds(int count, std::uint64_t draws) {
  mn::random random{mn::seed{draws}};
  tones_and_labels data;
  for (int n = 0; n < count; ++n) {
    const int label = random.below(3);
    const float phase = random.uniform(0, 6), step = 0.1f * static_cast<float>(1 + 2 * label);
    data.labels.push_back(label);
    for (int k = 0; k < mn::layer_graph<firmware_example::tones>::input.size(); ++k) {
      const float sample = 9000 * std::sin(phase + step * static_cast<float>(k)) + random.uniform(-4000, 4000);
      data.samples.push_back(static_cast<std::int16_t>(sample));
    }
  }
  return data;
}

/// Writes images and logits as a header NAME.hpp with a namespace NAME. Logits are written as bit patterns, because the
/// device's logits must be equal in every bit.
template <class Number>
void write_images(const std::string& folder, const char* name, const char* type, std::span<const Number> images,
                  int count, std::span<const float> logits) {
  const std::string path = folder + name + ".hpp";
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) mn::require(mn::status::failure("%s: could not be created", path.c_str()));
  std::fprintf(file, "#pragma once\n\n#include <cstdint>\n\nnamespace %s {\n\ninline constexpr int count = %d;\n", name,
               count);
  std::fprintf(file, "inline constexpr std::%s images[] = {", type);
  for (std::size_t i = 0; i < images.size(); ++i)
    std::fprintf(file, "%s%d", i % 32 == 0 ? (i == 0 ? "\n  " : ",\n  ") : ",", images[i]);
  std::fprintf(file, "};\ninline constexpr std::uint32_t logits[] = {");
  for (std::size_t i = 0; i < logits.size(); ++i)
    std::fprintf(file, "%s0x%08xu", i % 10 == 0 ? (i == 0 ? "\n  " : ",\n  ") : ", ",
                 std::bit_cast<std::uint32_t>(logits[i]));
  std::fprintf(file, "};\n\n}  // namespace %s\n", name);
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
  const std::span<const std::uint8_t> images(test.images);
  write_images(folder, "images_data", "uint8_t", images, test.size(), small.run(images));
  std::printf("firmware_export: %zu bits of weights, %lld multiply-accumulates; %d images with the host's logits\n",
              small.weight_bits(), macs(), test.size());
  std::printf("%s", mn::firmware_summary(small).c_str());

  if constexpr (firmware_example::is_small_graph) {
    const auto training = sounds(256, 3);
    std::vector<float> values;
    for (const std::int16_t sample : training.samples) values.push_back(static_cast<float>(sample) / 32768);
    const mn::dataset<float> samples(mn::layer_graph<firmware_example::tones>::input, values, training.labels);
    mn::network<firmware_example::tones_in_floats, mn::aqe> heard{mn::seed{2}};
    mn::fit(heard, samples, mn::adam{.rate = 1e-2f}, mn::linear{}, {.epochs = 2, .batch = 32, .batch_norm_batches = 4});
    const auto packed = mn::pack<mn::fixed_point>(heard);
    mn::save_header(packed, folder + "tones_data.hpp", "tones_data");
    const auto heard_test = sounds(4, 4);
    const std::span<const std::int16_t> recorded(heard_test.samples);
    write_images(folder, "sounds_data", "int16_t", recorded, 4, packed.run(recorded));
  }
} catch (const std::exception& e) {
  std::fprintf(stderr, "firmware_export: %s\n", e.what());
  return 1;
}
