#pragma once

// The record of a trained network: NAME.txt beside NAME.mnw, a line "key value" for each figure. `gallery_train` writes
// it, so no figure is typed in by hand.

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/infer.hpp>
#include <minnow/infer/evaluate.hpp>

namespace gallery {

namespace fs = std::filesystem;
namespace mn = minnow;
using images = mn::dataset<std::uint8_t>;

/// Figures of a network by their names.
using record = std::map<std::string, std::string>;

inline record read_record(const fs::path& file) {
  record result;
  std::ifstream in(file);
  for (std::string key, value; in >> key && std::getline(in >> std::ws, value);) result[key] = value;
  return result;
}
inline void write_record(const fs::path& file, const record& figures) {
  std::ofstream out(file);
  for (const auto& [key, value] : figures) out << key << ' ' << value << '\n';
  if (!out.flush()) throw std::runtime_error(file.string() + ": expected a file that can be written");
}

/// Returns 32 generated images: smooth random patterns of growing contrast. They need no data set, and every machine
/// generates the same bytes.
inline images generated_images(mn::shape dimensions) {
  images data;
  data.dimensions = dimensions;
  mn::random draws{mn::seed{30}};
  for (int n = 0; n < 32; ++n)
    for (int y = 0; y < dimensions.height; ++y)
      for (int x = 0; x < dimensions.width; ++x)
        for (int c = 0; c < dimensions.channels; ++c) {
          const auto cell =
              draws.stream(static_cast<std::uint64_t>(n))
                  .at(static_cast<std::uint64_t>((y / 3 * dimensions.width + x / 3) * dimensions.channels + c));
          data.images.push_back(static_cast<std::uint8_t>((cell & 255) * static_cast<unsigned>(n) / 31));
        }
  return data;
}

/// Returns a checksum (FNV-1a) of the logits' bits. All layers of the gallery's networks compute with integers or with
/// single, explicitly fused float operations, so the logits are the same on every processor.
inline std::string checksum(std::span<const float> logits) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const float l : logits) hash = (hash ^ std::bit_cast<std::uint32_t>(l)) * 0x100000001b3u;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

/// Returns the microseconds of an image: the least of 9 measurements of at least 20 ms each, one image at a time on one
/// thread.
template <class Packed>
double microseconds(const Packed& network) {
  using clock = std::chrono::steady_clock;
  const images data = generated_images(Packed::layer_graph::input);
  mn::session<Packed> session(network);
  std::vector<float> logits(Packed::classes);
  double least = 1e300;
  for (int round = 0; round < 9; ++round) {
    const auto begin = clock::now();
    std::chrono::duration<double, std::micro> passed{};
    for (int runs = 1; passed.count() < 20e3; ++runs) {
      session.run(data.image(runs % data.size()), std::span<float>(logits));
      passed = clock::now() - begin;
      if (passed.count() >= 20e3) least = std::min(least, passed.count() / runs);
    }
  }
  return least;
}

/// Adds the figures that are measured on a packed network and its file.
template <class Packed>
void add_figures(record& figures, const Packed& network, const fs::path& file) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", microseconds(network));
  figures["microseconds"] = text;
  figures["bytes"] = std::to_string(fs::file_size(file));
  figures["checksum"] = checksum(mn::logits(network, generated_images(Packed::layer_graph::input)));
}

}  // namespace gallery
