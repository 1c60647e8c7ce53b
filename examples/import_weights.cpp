// Imports weights from PyTorch: loads the file that examples/pytorch/export.py wrote, and compares the logits with
// PyTorch's.
//
//   python3 examples/pytorch/export.py build/pytorch && build/release/examples/import_weights build/pytorch
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <minnow/exchange/safetensors.hpp>
#include <minnow/minnow.hpp>

namespace mn = minnow;

/// The network of export.py, layer by layer. A Conv2d with a bias becomes a conv and a bias.
struct net
    : mn::model<mn::image<3, 24, 32>, mn::conv<16, mn::real, mn::kernel<5>>, mn::batch_norm, mn::relu, mn::max_pool<2>,
                mn::conv<32>, mn::bias, mn::batch_norm, mn::relu, mn::max_pool<2>, mn::dense<10>, mn::bias> {};

/// Maps minnow's layers to PyTorch's modules.
const mn::weight_names names{{"0", "features.0"}, {"1", "features.1"}, {"4", "features.4"}, {"5", "features.4"},
                             {"6", "features.5"}, {"9", "head"},       {"10", "head"}};

/// Reorders images (N,C,H,W) to minnow's layout, channels last.
mn::dataset<float> channels_last(const mn::tensor& from) {
  const std::size_t count = from.shape.at(0), channels = from.shape.at(1), pixels = from.shape.at(2) * from.shape.at(3);
  const mn::shape image{static_cast<int>(from.shape[2]), static_cast<int>(from.shape[3]), static_cast<int>(channels)};
  mn::dataset<float> to(image, std::vector<float>(from.values.size()), {});
  for (std::size_t n = 0; n < count; ++n)
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t p = 0; p < pixels; ++p)
        to.images[(n * pixels + p) * channels + c] = from.values[(n * channels + c) * pixels + p];
  return to;
}

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "build/pytorch";

  mn::network<net> network;
  mn::load_weights(network, mn::load_safetensors(folder + "/weights.safetensors"), names);

  const auto found = mn::logits(network, channels_last(mn::load_npy(folder + "/images.npy")));
  const auto expected = mn::load_npy(folder + "/logits.npy").values;
  if (found.size() != expected.size())
    mn::require(mn::status::failure("expected %zu logits, found %zu", expected.size(), found.size()));
  float difference = 0, largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    // A NaN counts as an infinite difference.
    const float d = std::abs(found[i] - expected[i]);
    difference = std::max(difference, std::isnan(d) ? INFINITY : d);
    largest = std::max(largest, std::abs(expected[i]));
  }
  std::printf("minnow with PyTorch's weights: the largest difference is %.3g, of logits up to %.3g\n",
              static_cast<double>(difference), static_cast<double>(largest));

  // The weights are also exported again: export.py --check loads this file into the PyTorch network.
  mn::save_safetensors(mn::export_weights(network, names), folder + "/exported.safetensors");
  return difference <= 1e-4f ? 0 : 1;
} catch (const std::exception& e) {
  std::fprintf(stderr, "import_weights: %s\n", e.what());
  return 1;
}
