// Writes networks as ONNX files into a folder, with images and their logits, for the script `check`.
//
// usage: write_networks FOLDER

#include <minnow/exchange/npy.hpp>
#include <minnow/exchange/onnx.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/train/evaluate.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "models.hpp"

namespace {

/// Draws images: bytes, or floats from 0 to 1.
template <class Element>
minnow::dataset<Element> draw_images(minnow::shape s) {
  constexpr std::size_t count = 20;
  minnow::random r(minnow::seed{5});
  std::vector<Element> values;
  for (std::size_t k = 0; k < count * static_cast<std::size_t>(s.size()); ++k) {
    const float v = r.uniform(0, 1);
    values.push_back(std::is_same_v<Element, float> ? static_cast<Element>(v) : static_cast<Element>(255 * v));
  }
  std::vector<int> labels;
  for (std::size_t k = 0; k < count; ++k) labels.push_back(static_cast<int>(k % 3));
  return {s, std::move(values), std::move(labels)};
}

/// Writes a network as NAME.onnx, images as NAME.images.npy (N,H,W,C), and their logits as NAME.logits.npy.
template <class Element, class Network>
void write(Network& net, const minnow::dataset<Element>& images, const std::string& name) {
  minnow::export_qonnx(net, name + ".onnx");
  const std::vector<float> values(images.images.begin(), images.images.end());
  const auto extent = [](int n) { return static_cast<std::uint64_t>(n); };
  const minnow::shape s = net.input();
  const std::uint64_t count = extent(images.size());
  minnow::save_npy({{count, extent(s.height), extent(s.width), extent(s.channels)}, values}, name + ".images.npy");
  const std::vector<float> logits = minnow::logits(net, images);
  minnow::save_npy({{count, logits.size() / count}, logits}, name + ".logits.npy");
}

template <class Model, class Element>
void write_drawn(const std::string& name) {
  minnow::network<Model> net{minnow::seed{1}};
  minnow::onnx_test::draw_for_onnx(net);
  write(net, draw_images<Element>(net.input()), name);
}

void write_trained(const std::string& name) {
  minnow::network<minnow::onnx_test::onnx_trained, minnow::ste> net{minnow::seed{1}};
  const auto images = draw_images<float>(net.input());
  minnow::fit(net, images, minnow::sgd{.rate = 0.01f}, minnow::constant{1}, {.epochs = 2, .batch = 10});
  write(net, images, name);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fputs("usage: write_networks FOLDER\n", stderr), 2;
  const std::string folder = std::string(arguments[1]) + "/";
  write_drawn<minnow::onnx_test::onnx_floats, float>(folder + "floats");
  write_drawn<minnow::onnx_test::onnx_global, float>(folder + "global");
  write_drawn<minnow::onnx_test::onnx_codes, std::uint8_t>(folder + "codes");
  write_drawn<minnow::onnx_test::onnx_features, float>(folder + "features");
  write_drawn<minnow::onnx_test::onnx_bytes, std::uint8_t>(folder + "bytes");
  write_trained(folder + "trained");
}
