#pragma once

// Trains small networks for three steps, changes their batch norms, packs, saves and loads them, and compares the
// packed networks with the trained ones.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/train/optimizer.hpp>

#include "comparison.hpp"
#include "system/data_files.hpp"

namespace minnow::test {

/// Returns random images with random labels.
template <class T>
dataset<T> random_images(shape s, int count, int classes, std::uint64_t draws) {
  random r(seed{draws});
  std::vector<T> images(static_cast<std::size_t>(s.size()) * static_cast<std::size_t>(count));
  for (T& v : images) {
    if constexpr (sizeof(T) == 1) v = static_cast<T>(r.below(256));
    else v = r.uniform(-2, 2);
  }
  std::vector<int> labels(static_cast<std::size_t>(count));
  for (int& label : labels) label = r.below(classes);
  return {s, std::move(images), std::move(labels)};
}

/// Changes some batch norm channels to decreasing functions and some to constants. Some constants are positive and some
/// negative.
inline void bend(network_base& net) {
  net.parameters([](std::string_view, const parameter& p) {
    for (std::size_t c = 0; c < p.value.size(); ++c) {
      if (p.name == "gamma" && c % 3 == 1) p.value[c] = -p.value[c];
      if (p.name == "gamma" && c % 7 == 3) p.value[c] = 0;
      if (p.name == "beta" || p.name == "bias") p.value[c] += 0.25f * static_cast<float>(static_cast<int>(c % 5) - 2);
    }
  });
}

inline constexpr int training_images = 24;
inline constexpr int batch_images = 8;

/// Returns a network that is trained for three steps. Its batch norm statistics are re-estimated, and some batch norm
/// channels are then made decreasing or constant.
template <class Model, class T, class Estimator = aqe>
network<Model, Estimator> trained_three_steps(std::uint64_t draws = 1) {
  const auto data = random_images<T>(layer_graph<Model>::input, training_images, packed<Model>::classes, draws);
  network<Model, Estimator> net{seed{draws}};
  const history run =
      fit(net, data, adam{.rate = 1e-2f}, constant{0.5f}, {.batch = batch_images, .batch_norm_batches = 3});
  REQUIRE(run.epochs.back().step == 3);
  bend(net);
  return net;
}

/// The tested architecture: the best one that this build's flags allow, or `portable` with -DMINNOW_TEST_PORTABLE.
/// tests/kernels compares all architectures.
#ifdef MINNOW_TEST_PORTABLE
using tested_arch = kernels::portable;
#else
using tested_arch = kernels::best;
#endif

/// Packs and saves a network, loads it for the tested architecture, and compares it with the trained one.
template <class T, class Model, class Estimator>
void check_agreement(network<Model, Estimator>& net) {
  const auto data = random_images<T>(layer_graph<Model>::input, 8, packed<Model>::classes, 77);
  const data_files::folder folder;
  save(pack(net), folder.path("model.mnw"));
  CAPTURE(std::string(kernels::arch_name<tested_arch>()));
  const report r = compare(net, load<packed<Model, tested_arch>>(folder.path("model.mnw")), data);
  CHECK(r.first == "");
  CHECK(r.wrong_classes == 0);
  CHECK(r.layers > 2);
}

template <class Model, class T = std::uint8_t>
void check_model() {
  auto net = trained_three_steps<Model, T>();
  check_agreement<T>(net);
}

/// A convolution followed by batch norm.
template <class Scheme, int Filters, class... Options>
using unit = chain<conv<Filters, Scheme, Options...>, batch_norm>;

/// First and last layers of most test networks.
using first = unit<scheme<pixels, sign>, 17>;
using last = chain<dense<4, minw<1, 1>>, batch_norm>;

/// A network for tests of `Scheme`. The convolution with this scheme reads an odd number of channels. Pools precede and
/// follow batch norm.
template <class Scheme>
struct pair_network : model<image<3, 9, 9>, conv<33, scheme<pixels, sign>>, max_pool<2>, batch_norm, conv<40, Scheme>,
                            batch_norm, max_pool<2>, dense<4, Scheme>, batch_norm> {};

/// A network for tests of `Scheme` in a convolution that reads the image.
template <class Scheme>
struct first_network : model<image<3, 9, 9>, conv<33, Scheme>, max_pool<2>, batch_norm,
                             dense<4, scheme<sign, typename Scheme::weights>>, batch_norm> {};

}  // namespace minnow::test
