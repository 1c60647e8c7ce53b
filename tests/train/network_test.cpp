#include <minnow/train/network.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/pool.hpp>

#include "single_layer.hpp"
#include "small_networks.hpp"

using namespace minnow;
using test::small, test::small_real;

namespace {

/// A layer whose output is zero, so that the next quantizer outputs only noise.
struct zero : same_shape {
  static constexpr text name() { return "zero"; }
  static constexpr bool increasing = true;
  static float apply(float) { return 0; }
  static float slope(float) { return 0; }
};
struct noisy : model<features<100>, quantize<sign>, zero, quantize<sign>> {};
struct small_two : model<features<4>, dense<3, minw<1, 1>>, batch_norm, dense<2, minw<1, 1>>> {};

template <class Network>
std::vector<float> all_arrays(Network& net) {
  std::vector<float> result;
  net.arrays(
      [&](std::string_view, std::string_view, std::span<float> v) { result.insert(result.end(), v.begin(), v.end()); });
  return result;
}

}  // namespace

// Only layers that use an estimator depend on its type. All other layers are instantiated once for all networks.
static_assert(std::is_same_v<network<small, aqe, ste>::layer_type<0>, trainable<quantize<pixels>, ste>>);
static_assert(std::is_same_v<network<small, aqe, ste>::layer_type<1>, trainable<conv<4, sign>, aqe>>);
static_assert(std::is_same_v<network<small, aqe, ste>::layer_type<2>, network<small, ste>::layer_type<2>>);
static_assert(network<small>::classes == 3);

TEST_SUITE("train/network") {
  TEST_CASE("layers are reached by their paths") {
    network<small, aqe> net;
    CHECK(net.layer<"0.0">().weights().shape() == std::array<std::size_t, 4>{4, 3, 3, 2});
    CHECK(net.layer<"0.1">().gamma().size() == 4);
    CHECK(net.layer<"2.1">().values().size() == 5);
    CHECK(net.layer<"3">().weights().shape() == std::array<std::size_t, 4>{3, 1, 1, 45});
    CHECK(&net.layer<"3">() == &net.layer_at<9>());
  }

  TEST_CASE("visits every layer in order") {
    network<small> net;
    std::string paths;
    net.visit([&](std::string_view path, auto&) { paths += std::string(path) + " "; });
    CHECK(paths == "0.0.inputs 0.0 0.1 1 2.0.inputs 2.0 2.1 2.2 3.inputs 3 ");
  }

  TEST_CASE("arrays carry a network over to another one") {
    network<small> from{seed{1}};
    network<small> to{seed{2}};
    const auto bytes = test::uniform(4 * 72, 3, 0, 255);
    const auto run = [&](network<small>& net) {
      std::copy(bytes.begin(), bytes.end(), net.prepare(4).begin());
      const auto z = net.forward({.mode = mode::evaluate});
      return std::vector<float>(z.begin(), z.end());
    };
    std::copy(bytes.begin(), bytes.end(), from.prepare(4).begin());
    (void)from.forward({.mode = mode::train});
    CHECK(run(from) != run(to));
    const auto kept = all_arrays(from);
    std::size_t at = 0;
    to.arrays([&](std::string_view, std::string_view, std::span<float> v) {
      std::copy_n(kept.begin() + static_cast<std::ptrdiff_t>(at), v.size(), v.begin());
      at += v.size();
    });
    CHECK(run(to) == run(from));
  }

  TEST_CASE("starts from its seed alone, whatever the estimator") {
    network<small, ste> one{seed{5}};
    network<small, aqe, alpha_blend> same{seed{5}};
    network<small, ste> other{seed{6}};
    CHECK(all_arrays(one) == all_arrays(same));
    CHECK(all_arrays(one) != all_arrays(other));
  }

  TEST_CASE("each layer draws its own weights") {
    struct twins : model<features<6>, dense<6>, dense<6>> {};
    network<twins> net{seed{1}};
    CHECK(net.layer<"0">().weights() != net.layer<"1">().weights());
  }

  TEST_CASE("initial weights can be told otherwise") {
    network<small> net{seed{1}, initializer::wide};
    const auto& w = net.layer<"0.0">().weights();
    CHECK(*std::max_element(w.begin(), w.end()) > 0.9f);
  }

  TEST_CASE("weights and inputs take their own estimator") {
    // With ste for weights and aqe for inputs, at alpha 0, weights are quantized and inputs are only clipped.
    network<small_two, ste, aqe> net{seed{1}};
    const std::vector<float> x{0.5f, -0.25f, 3, -0.75f};
    std::copy(x.begin(), x.end(), net.prepare(1).begin());
    (void)net.forward({.mode = mode::evaluate, .alpha = 0});
    const auto& w = net.layer<"0">().weights();
    for (std::size_t f = 0; f < 3; ++f) {
      float sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += (w(f, 0, 0, k) > 0 ? 1.0f : -1.0f) * std::clamp(x[k], -1.0f, 1.0f);
      CHECK(net.result(1).data[f] == sum);
    }
    // With the estimators swapped, inputs are quantized and weights are not.
    network<small_two, aqe, ste> turned{seed{1}};
    std::copy(x.begin(), x.end(), turned.prepare(1).begin());
    (void)turned.forward({.mode = mode::evaluate, .alpha = 0});
    for (std::size_t f = 0; f < 3; ++f) {
      double sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += static_cast<double>(w(f, 0, 0, k)) * (x[k] > 0 ? 1 : -1);
      CHECK(std::abs(static_cast<double>(turned.result(1).data[f]) - sum) <= 4 * 0x1p-24 * 4);
    }
  }

  TEST_CASE("each layer draws its own noise, at each step another") {
    network<noisy, aqe_stochastic> net;
    std::vector<std::vector<float>> drawn;
    for (const std::uint64_t step : {1, 2}) {
      const auto in = net.prepare(1);
      std::fill(in.begin(), in.end(), 0.0f);
      (void)net.forward({.mode = mode::train, .noise = minnow::random(seed{1}).stream(step)});
      for (const std::size_t layer : {0, 2}) drawn.emplace_back(net.result(layer).data, net.result(layer).data + 100);
    }
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t k = 0; k < i; ++k) CHECK((drawn[i] != drawn[k]));
  }

  TEST_CASE("a copy is a network of its own") {
    network<small_two, aqe> net{seed{1}};
    const auto x = test::uniform(8, 1);
    const auto run = [&](auto& n) {
      std::copy(x.begin(), x.end(), n.prepare(2).begin());
      const auto z = n.forward({.mode = mode::evaluate, .alpha = 0.5f});
      return std::vector<float>(z.begin(), z.end());
    };
    const auto before = run(net);
    network<small_two, aqe> copy = net;
    CHECK(copy.first_not_finite() == "");
    CHECK(run(copy) == before);
    copy.parameters([](std::string_view, const parameter& p) { std::fill(p.value.begin(), p.value.end(), 0.75f); });
    CHECK(copy.layer<"0">().weights()(0, 0, 0, 0) == 0.75f);
    CHECK(run(copy) != before);
    CHECK(run(net) == before);

    network<small_two, aqe> other{seed{2}};
    REQUIRE(run(other) != before);
    other = net;
    CHECK(run(other) == before);
  }

  TEST_CASE("a network can be moved") {
    network<small_two, aqe> net{seed{1}};
    const auto arrays = all_arrays(net);
    network<small_two, aqe> moved = std::move(net);
    CHECK(all_arrays(moved) == arrays);
    moved.parameters([](std::string_view, const parameter& p) { p.value[0] = 0.25f; });
    CHECK(moved.layer<"0">().weights()(0, 0, 0, 0) == 0.25f);
  }
}
