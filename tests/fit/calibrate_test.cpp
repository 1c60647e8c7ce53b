#include <minnow/fit/calibrate.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <minnow/layers/activation.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/quantize/methods.hpp>
#include <minnow/train/evaluate.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

using eight_bits = scheme<integer<8>, integer<8>>;
struct small_integers
    : model<features<6>, dense<9, eight_bits>, batch_norm, relu, dense<3, scheme<integer<4>, integer<4>>>, batch_norm> {
};

template <class Quantizer>
struct of_states : model<features<6>, dense<9, scheme<Quantizer, lsq<4>>>, batch_norm,
                         dense<3, scheme<Quantizer, integer<4>>>, bias> {};

dataset<float> uncentered_numbers(int count) { return {{1, 1, 6}, test::uniform(6 * count, 1, -3, 2), {}}; }

/// Returns the result of one step of PPQ (quantize/ppq.hpp): the best scale for the codes that the scale `g` gives. PPQ
/// has converged when the scale no longer changes.
double best_for_its_codes(std::span<const float> values, int bits, double g) {
  const double limit = (1 << (bits - 1)) - 1;
  double products = 0;
  double squares = 0;
  for (const float v : values) {
    const double code = std::fmax(-limit, std::fmin(limit, std::nearbyint(static_cast<double>(v) / g)));
    products += static_cast<double>(v) * code;
    squares += code * code;
  }
  return products / squares;
}

std::vector<float> everything_but_states(network_base& net) {
  std::vector<float> result;
  net.arrays([&](std::string_view, std::string_view name, std::span<float> values) {
    if (name != "state") result.insert(result.end(), values.begin(), values.end());
  });
  return result;
}

}  // namespace

TEST_SUITE("fit/calibrate") {
  TEST_CASE_TEMPLATE("a state that is no number is measured afresh", Quantizer, integer<8>, lsq<8>, pact<4>,
                     scaled_sign<per_tensor>) {
    const auto data = uncentered_numbers(64);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -1.0f}) {
      network<of_states<Quantizer>> net{seed{1}}, spoilt{seed{1}};
      spoilt.arrays([&](std::string_view, std::string_view name, std::span<float> values) {
        if (name == "state") std::fill(values.begin(), values.end(), bad);
      });
      calibrate(net, data, {.batches = 2, .batch = 32});
      calibrate(spoilt, data, {.batches = 2, .batch = 32});
      CHECK_NOTHROW((void)pack(spoilt));
      CHECK(logits(spoilt, data) == logits(net, data));
    }
  }

  TEST_CASE("scales of inputs become those that suit the data, each behind the layers before it") {
    network<small_integers> net{seed{1}};
    const auto data = uncentered_numbers(256);
    const auto before = everything_but_states(net);
    calibrate(net, data, {.batches = 1, .batch = 256});
    CHECK(everything_but_states(net) == before);

    const auto suits = [](std::span<const float> values, int bits, float g) {
      CHECK(best_for_its_codes(values, bits, static_cast<double>(g)) ==
            doctest::Approx(static_cast<double>(g)).epsilon(1e-5));
    };
    suits(data.images, 8, net.layer<"0.inputs">().state().g);
    // Check the scale of the second input quantizer with the values that it receives for all images.
    net.take(data, 0, 256);
    (void)net.forward({.mode = mode::evaluate});
    const activations& hidden = net.result(layer_graph<small_integers>::find("2"));
    suits({hidden.data, hidden.size()}, 4, net.layer<"3.inputs">().state().g);
  }

  TEST_CASE("a calibrated network packs, and is the packed one") {
    network<small_integers> net{seed{1}};
    const auto data = uncentered_numbers(64);
    calibrate(net, data);
    const auto tiny = pack(net);
    net.take(data, 0, 64);
    const auto expected = net.forward({.mode = mode::evaluate});
    CHECK(tiny.run(std::span<const float>(data.images)) == std::vector<float>(expected.begin(), expected.end()));
  }

  TEST_CASE("data that cannot be measured is refused") {
    network<small_integers> net{seed{1}};
    auto data = uncentered_numbers(64);
    data.images[7] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(calibrate(net, data), error);
    CHECK_THROWS_AS(calibrate(net, dataset<float>{{1, 1, 6}, {}, {}}), error);
    CHECK_THROWS_AS(calibrate(net, dataset<float>{{1, 1, 5}, std::vector<float>(10), {}}), error);
  }
}
