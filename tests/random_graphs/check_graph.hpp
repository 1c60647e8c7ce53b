#pragma once

// Checks a random model in several states. For each state, trains the model for some steps, changes batch norm and
// scales at random, packs, saves and loads it. All logits must equal the trained network's logits.

#include "agreement/pairs.hpp"

#include <cstdio>
#include <cstdlib>

#include <minnow/fit/calibrate.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/quantize/methods.hpp>

namespace minnow::test {

/// A quantizer with a negative scale, so that codes decrease where values increase.
template <int Limit>
struct negative_steps : quantizer_base {
  static constexpr text name() { return text("negative_steps<") << Limit << ">"; }
  static constexpr int bits = 8;
  static constexpr int max_code = Limit;
  static constexpr bool clips_weights = false;
  static constexpr float step = 0.125f;
  static constexpr interval range(const state&) noexcept { return {-step * Limit, step * Limit}; }
  template <class V>
  static V code(V x, const state&) noexcept {
    return minnow::detail::nearest_code<-Limit, Limit>(x / V(-step));
  }
  static constexpr float scale(const state&) noexcept { return -step; }
};

/// A 1-bit quantizer whose scale is not a power of two.
struct third : quantizer_base {
  static constexpr text name() { return "third"; }
  static constexpr int bits = 1;
  static constexpr int max_code = 1;
  static constexpr encoding storage = encoding::bit;
  template <class V>
  static constexpr V code(V x, const state&) noexcept {
    using scalar::select;
    return select(x > V(0), V(1), V(-1));
  }
  static constexpr float scale(const state&) noexcept { return 0.3f; }
};

/// Counters of all networks that a program checks.
struct graph_counts {
  int networks = 0;
  int constant = 0;  ///< networks that give the same logits for every image
  long long logits = 0;
  long long different = 0;
  long long fixed_logits = 0;
  long long fixed_different = 0;

  /// Prints one line with the counts, which scripts/random-graphs parses.
  ~graph_counts() {
    std::printf("random graphs: %d networks (%d constant), %lld of %lld logits differ, fixed point %lld of %lld\n",
                networks, constant, different, logits, fixed_different, fixed_logits);
  }
};
inline graph_counts counted;

/// Changes a network at random: multiplies the scale of each batch norm channel by 1, -1 or 0, adds small numbers to
/// batch norm shifts and biases, and multiplies the states of some quantizers.
inline void bend_randomly(network_base& net, random draws) {
  net.arrays([&](std::string_view, std::string_view name, std::span<float> values) {
    const float size = name == "state" && draws.below(4) == 0 ? draws.uniform(1, 3) : 1.0f;
    for (float& v : values) {
      if (name == "gamma") v *= draws.below(3) == 0 ? -1.0f : draws.below(6) == 0 ? 0.0f : 1.0f;
      if (name == "beta" || name == "bias") v += draws.uniform(-0.5f, 0.5f);
      v *= size;
    }
  });
}

inline long long count_different(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  long long different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) different += a[i] == b[i] ? 0 : 1;
  return different;
}

/// True if all products of a model add integers, so that its logits do not depend on the order of summation.
template <class Model>
inline constexpr bool adds_integers = []<std::size_t... S>(std::index_sequence<S...>) {
  return ((!minnow::detail::stage_plan<Model, S>::has_product || minnow::detail::stage_plan<Model, S>::integer_sums) &&
          ...);
}(std::make_index_sequence<minnow::detail::stages<Model>::count>{});

/// Returns how often each model is trained, each time with another seed: MINNOW_GRAPH_STATES, or 4 if it is not set.
inline int graph_states() {
  const char* text = std::getenv("MINNOW_GRAPH_STATES");
  return text != nullptr ? std::atoi(text) : 4;
}

/// Checks a model. If a product of the model adds floats, the trained and the packed network may add them in different
/// orders; sums and codes are then compared within error bounds (see agreement/comparison.hpp).
///
/// number  number of the model, which is the seed of all random choices
template <class Model, bool FixedPoint = false>
void check_graph(std::uint64_t number) {
  using small = packed<Model, tested_arch>;
  using value = std::conditional_t<layer_graph<Model>::takes_pixels, std::uint8_t, float>;
  const auto data = random_images<value>(layer_graph<Model>::input, 32, small::classes, number);
  const data_files::folder folder;
  const std::string path = folder.path("model.mnw");
  for (int state = 0; state < graph_states(); ++state) {
    CAPTURE(number);
    CAPTURE(state);
    random draws = random(seed{number}).stream(static_cast<std::uint64_t>(state));
    network<Model> net{seed{draws.next()}};
    const float rate = draws.below(2) == 0 ? 1e-2f : 1e-1f;
    fit(net, data, adam{.rate = rate}, constant{1},
        {.epochs = 1 + draws.below(2), .batch = 8, .seed = seed{draws.next()}, .batch_norm_batches = 3});
    if (draws.below(3) == 0) calibrate(net, data, {.batches = 2, .batch = 16});
    bend_randomly(net, draws);

    save(pack(net), path);
    const auto packed_net = load<small>(path);
    ++counted.networks;
    if constexpr (adds_integers<Model>) {
      const std::vector<float> expected = logits(net, data);
      const long long different = count_different(expected, logits(packed_net, data));
      CHECK(different == 0);
      counted.different += different;
      counted.logits += static_cast<long long>(expected.size());
      bool same = true;
      for (std::size_t i = 0; i < expected.size(); ++i) same = same && expected[i] == expected[i % small::classes];
      counted.constant += same;
    } else {
      const report r = compare(net, packed_net, data);
      CHECK(r.first == "");
    }
    if constexpr (FixedPoint) {
      const auto fixed = pack<fixed_point>(net);
      save(fixed, path);
      const std::vector<float> found = logits(load<packed<fixed_point<Model>, tested_arch>>(path), data);
      CHECK(count_different(logits(fixed, data), found) == 0);
      counted.fixed_different += count_different(logits(packed_net, data), found);
      counted.fixed_logits += static_cast<long long>(found.size());
    }
  }
}

}  // namespace minnow::test
