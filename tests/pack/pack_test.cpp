#include <minnow/pack/pack.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/reestimate_batch_norm.hpp>
#include <minnow/infer/summary.hpp>
#include <minnow/model.hpp>
#include <minnow/quantize/methods.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

struct small : model<features<6>, dense<9, scheme<real, sign>>, batch_norm, dense<5, minw<2, 3>>, bias,
                     dense<3, scheme<integer<4>, integer<8>>>, batch_norm> {};
struct images : model<image<3, 5, 5>, conv<33, scheme<pixels, sign>>, max_pool<2>, batch_norm, dense<20, minw<1, 2>>,
                      batch_norm, dense<4, minw<3, 1>>> {};

/// A network with quantizers that measure or learn a state.
struct stateful : model<features<6>, dense<9, scheme<integer<8>, integer<8, per_channel>>>, batch_norm,
                        dense<7, scheme<lsq<4>, lsq<4>>>, bias, dense<5, scheme<pact<4>, scaled_sign<>>>, batch_norm,
                        dense<3, scheme<integer<4>, trained_ternary>>, batch_norm> {};

/// Sums of at most 12 bits: (2^11 - 1) / 15 = 136.5.
struct bounded : model<features<6>, dense<9>, batch_norm,
                       dense<5, max_sum_bits<12, scheme<unsigned_integer<4>, integer<8, per_channel>>>>, batch_norm> {};

/// An invalid quantizer: |x| is not monotonic.
struct magnitude : quantizer_base {
  static constexpr text name() { return "magnitude"; }
  static constexpr int bits = 3;
  static constexpr int max_code = 7;
  static float code(float x, const state&) { return std::nearbyint(std::min(std::abs(x) * 7, 7.0f)); }
  static constexpr float scale(const state&) { return 1.0f / 7; }
};
struct with_magnitudes : model<features<6>, dense<9>, dense<3, scheme<magnitude, sign>>> {};

/// A layer whose `trainable` and `inferable` keep arrays of different sizes.
struct forgetful : same_shape {
  static constexpr text name() { return "forgetful"; }
};
struct with_forgetful : model<features<2>, dense<2>, chain<forgetful>> {};

dataset<float> numbers(int count, std::uint64_t draws) {
  return {{1, 1, 6}, test::uniform(6 * count, draws), std::vector<int>(static_cast<std::size_t>(count), 1)};
}

template <class Network>
void train_once(Network& net, float alpha) {
  const auto x = test::uniform(6 * 20, 4);
  std::copy(x.begin(), x.end(), net.prepare(20).begin());
  (void)net.forward({.mode = mode::train, .alpha = alpha});
}

void set(network_base& net, std::string_view path, std::string_view name, float to) {
  net.arrays([&](std::string_view p, std::string_view n, std::span<float> values) {
    if (p == path && n == name) values.back() = to;
  });
}

template <class Packed>
std::vector<std::byte> all_bytes(const Packed& network) {
  std::vector<std::byte> result;
  network.each_stage([&](auto, const auto& stage) {
    stage.sections([&](std::string_view, std::span<const std::byte> bytes) {
      result.insert(result.end(), bytes.begin(), bytes.end());
    });
  });
  return result;
}

}  // namespace

namespace minnow {

template <class Estimator>
class trainable<forgetful, Estimator> : public layer_base {
public:
  explicit trainable(shape) {}
  void forward(const activations& in, activations& out, const pass&) override {
    std::copy_n(in.data, in.size(), out.data);
  }
  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass&) override {
    if (grad_in != nullptr) std::copy_n(grad_out, in.size(), grad_in);
  }
  void arrays(const array_visitor& visit) override { visit("kept", kept_); }

private:
  std::vector<float> kept_{1, 2, 3};
};

template <>
class inferable<forgetful> {
public:
  explicit inferable(shape in) : size_(in.size()) {}
  void run(const float* in, float* out) const noexcept { std::copy_n(in, size_, out); }
  template <class Visit>
  void arrays(Visit&& visit) {
    visit(std::string_view("kept"), std::span<float>(kept_));
  }

private:
  int size_;
  std::vector<float> kept_{0, 0};
};

}  // namespace minnow

TEST_SUITE("pack/pack") {
  TEST_CASE("statistics of a network that is partly unquantized are refused until they are re-estimated") {
    network<small, aqe> net{seed{1}};
    train_once(net, 0.5f);
    CHECK_THROWS_WITH_AS(
        (void)pack(net),
        "pack: layer 1: expected batch norm statistics of the quantized network (unquantized fraction at "
        "most 0.001), found 0.05: call reestimate_batch_norm(net, data) first; fit does so at its end",
        minnow::error);
    reestimate_batch_norm(net, numbers(40, 1), {.batches = 2, .batch = 20});
    CHECK_NOTHROW((void)pack(net));
    // An unquantized fraction of up to 1e-3 is accepted.
    set(net, "5", "stale_statistics", 1.1e-3f);
    CHECK_THROWS_WITH_AS((void)pack(net), doctest::Contains("pack: layer 5: expected batch norm statistics"),
                         minnow::error);
    set(net, "5", "stale_statistics", 0.9e-3f);
    CHECK_NOTHROW((void)pack(net));
    set(net, "5", "stale_statistics", std::nanf(""));
    CHECK_THROWS_AS((void)pack(net), minnow::error);
  }

  TEST_CASE("a network that never trained with real parts needs no settling") {
    network<small, ste> straight{seed{1}};
    train_once(straight, 0.5f);
    CHECK_NOTHROW((void)pack(straight));
    network<small, aqe> at_one{seed{1}};
    train_once(at_one, 1);
    CHECK_NOTHROW((void)pack(at_one));
  }

  TEST_CASE("numbers that are not finite are refused by layer and name, whatever the quantizer") {
    const auto packing = [](std::string_view path, std::string_view name, float to) {
      network<small> net{seed{1}};
      train_once(net, 1);
      set(net, path, name, to);
      (void)pack(net);
    };
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH_AS(packing("0", "weights", nan), "pack: layer 0: expected finite numbers in 'weights', found nan",
                         minnow::error);
    CHECK_THROWS_WITH_AS(packing("2", "weights", HUGE_VALF),
                         "pack: layer 2: expected finite numbers in 'weights', found inf", minnow::error);
    CHECK_THROWS_WITH_AS(packing("4", "weights", -HUGE_VALF),
                         "pack: layer 4: expected finite numbers in 'weights', found -inf", minnow::error);
    CHECK_THROWS_WITH_AS(packing("3", "bias", nan), "pack: layer 3: expected finite numbers in 'bias', found nan",
                         minnow::error);
    CHECK_THROWS_WITH_AS(packing("1", "gamma", nan), "pack: layer 1: expected finite numbers in 'gamma', found nan",
                         minnow::error);
    CHECK_THROWS_WITH_AS(packing("5", "variance", HUGE_VALF),
                         "pack: layer 5: expected finite numbers in 'variance', found inf", minnow::error);
    CHECK_THROWS_WITH_AS(packing("5", "variance", -1),
                         doctest::Contains("pack: layer 5: expected finite numbers in 'scale and shift', found"),
                         minnow::error);
  }

  TEST_CASE("weights whose sum exceeds max_sum_bits are refused") {
    network<bounded, ste> net{seed{1}};
    train_once(net, 1);
    CHECK_NOTHROW((void)pack(net));
    CHECK(summary(pack(net)).find("MAC 4x8 sums 12") != std::string::npos);
    // A file could hold any scale. With this one all weights of the last filter get the outermost code.
    net.arrays([](std::string_view path, std::string_view name, std::span<float> values) {
      if (path == "2" && name == "state") values[values.size() - 2] = 1e-6f;
    });
    CHECK_THROWS_WITH_AS((void)pack(net),
                         "pack: layer 2: expected a sum of |code| of at most 136 in filter 4, found 1143",
                         minnow::error);
  }
  TEST_CASE("a NaN or an infinity anywhere is refused, by the layer's path") {
    network<stateful> net{seed{1}};
    train_once(net, 1);
    (void)pack(net);
    int spoilt = 0;
    net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      for (const float bad : {std::numeric_limits<float>::quiet_NaN(), HUGE_VALF, -HUGE_VALF})
        for (const std::size_t at : {std::size_t{0}, values.size() - 1}) {
          network<stateful> copy = net;
          copy.arrays([&](std::string_view p, std::string_view n, std::span<float> v) {
            if (p == path && n == name) v[at] = bad;
          });
          CHECK_THROWS_WITH_AS((void)pack(copy), doctest::Contains(std::string(path).c_str()), minnow::error);
          ++spoilt;
        }
    });
    CHECK(spoilt > 100);
  }

  TEST_CASE("a quantizer of inputs whose values fall where its inputs rise is refused") {
    network<with_magnitudes> net{seed{1}};
    CHECK_THROWS_WITH_AS((void)pack(net),
                         "pack: layer 1.inputs: expected a quantizer whose values do not fall where its inputs rise, "
                         "found one that falls",
                         minnow::error);
  }

  TEST_CASE("a quantizer's state outside its bounds is refused, of weights and of inputs") {
    for (const char* path : {"0", "0.inputs", "2", "2.inputs", "4", "4.inputs", "6", "6.inputs"}) {
      network<stateful> net{seed{1}};
      train_once(net, 1);
      net.arrays([&](std::string_view p, std::string_view name, std::span<float> values) {
        if (p == path && name == "state") values.front() = -0.25f;
      });
      const std::string sentence =
          "pack: layer " + std::string(path) + ": expected a quantizer's state inside its bounds, found -0.25";
      CHECK_THROWS_WITH_AS((void)pack(net), sentence.c_str(), minnow::error);
    }
  }

  TEST_CASE("a layer whose readings keep other arrays is named") {
    network<with_forgetful> net{seed{1}};
    CHECK_THROWS_WITH_AS((void)pack(net),
                         "pack: layer 1.0: expected an array 'kept' of 2 numbers in the trainable reading, found none",
                         minnow::error);
  }

  TEST_CASE("the image's normalization is packed along") {
    network<small> net{seed{1}};
    net.normalize({.mean = {1, 2, 3, 4, 5, 6}, .stddev = {6, 5, 4, 3, 2, 1}});
    const auto network = pack(net);
    CHECK(network.input.mean == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(network.input.stddev == std::vector<float>{6, 5, 4, 3, 2, 1});
  }

  TEST_CASE("every architecture packs the same bytes and gives the same logits") {
    network<images, aqe> net{seed{1}};
    minnow::random r(seed{2});
    std::vector<std::uint8_t> x(75 * 6);
    for (auto& b : x) b = static_cast<std::uint8_t>(r.below(256));
    const dataset<std::uint8_t> data({5, 5, 3}, x, {});
    reestimate_batch_norm(net, data, {.batches = 1, .batch = 6});
    auto reference = pack<kernels::portable>(net);
    const auto bytes = all_bytes(reference);
    const auto logits = reference.run(std::span<const std::uint8_t>(x));
    kernels::available_archs::for_each([&](auto arch) {
      auto network = pack<decltype(arch)>(net);
      CHECK(all_bytes(network) == bytes);
      CHECK(network.run(std::span<const std::uint8_t>(x)) == logits);
    });
  }
}
