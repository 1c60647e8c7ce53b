#pragma once

// Compares a packed network with PyTorch's float network of the same name.

#include <memory>
#include <string>
#include <vector>

#include "../measure.hpp"
#include "../models.hpp"
#include "torch.hpp"

namespace bench::peers {

/// Times minnow and PyTorch alternately on one image, for a few tenths of a second each.
///
/// theirs  name of the network in torch_models.py
template <class Model>
void compare(const std::string& name, const std::string& theirs, torch& peer) {
  const auto network = std::make_shared<const mn::packed<Model>>(untrained<Model>());
  const std::vector<call> own{make_run<Model>(network, 1)};
  std::vector<double> seconds, of_torch;
  for (int round = 0; round < 9; ++round) {
    seconds.push_back(alternate(own, {.samples = 15, .seconds = 0.2}).front().seconds);
    of_torch.push_back(peer.ask(theirs));
  }
  figure(name, median(seconds) * 1e6, "us");
  figure(name + "_torch", median(of_torch) * 1e6, "us");
  figure(name + "_vs_torch", median(of_torch) / median(seconds), "times");
}

}  // namespace bench::peers
