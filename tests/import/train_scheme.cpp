// Calibrates and trains the network small_scheme.hpp, which scripts/import has written with --scheme, and compares it
// with its packed form.
//
// usage: train_scheme WEIGHTS.safetensors IMAGES.npy

#include "small_scheme.hpp"

#include <cstddef>
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include <minnow/exchange/npy.hpp>

int main(int, char** argv) try {
  mn::network<small_scheme, mn::ste> network;
  mn::load_imported(network, argv[1], small_scheme_names, {.states = false});
  mn::tensor images = mn::load_npy(argv[2]);
  const auto count = static_cast<std::size_t>(images.shape.at(0));
  std::vector<int> labels(count);
  for (std::size_t i = 0; i < count; ++i) labels[i] = static_cast<int>(i % 5);
  const mn::dataset<float> data(network.input(), std::move(images.values), std::move(labels));
  mn::calibrate(network, data);
  const std::vector<float> before = mn::logits(network, data);
  mn::fit(network, data, mn::sgd{.rate = 0.01f}, mn::constant{1}, {.epochs = 1});
  const std::vector<float> logits = mn::logits(network, data);
  if (logits == before) return std::fputs("expected other logits after an epoch, found equal ones\n", stderr), 1;
  if (mn::logits(mn::pack(network), data) != logits)
    return std::fputs("expected equal logits of the trained and the packed network, found others\n", stderr), 1;
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
