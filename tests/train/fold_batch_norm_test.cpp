#include <minnow/train/fold_batch_norm.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <minnow/fit/calibrate.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/train/evaluate.hpp>
#include <minnow/zoo/resnet.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

/// A network with batch norms after products and inside branches. Its last batch norm does not follow a product.
template <class Norm, class Scheme>
struct norms_in_branches : model<image<2, 6, 6>, conv<4, Scheme>, Norm, relu, depthwise_conv<Scheme>, Norm,
                                 residual<chain<conv<4, Scheme>, Norm, relu, conv<4, Scheme>, Norm>,
                                          chain<conv<4, Scheme, kernel<1>, padding<0>>, Norm>>,
                                 batch_norm, relu, dense<3, Scheme>> {};
using normed = norms_in_branches<batch_norm, real>;
using folded = norms_in_branches<bias, real>;
using bytes = scheme<integer<8>, integer<8, per_channel>>;

dataset<float> images_for_folds(int count) {
  std::vector<int> labels;
  for (int n = 0; n < count; ++n) labels.push_back(n % 3);
  return {{6, 6, 2}, test::uniform(count * 72, 5), labels};
}

network<normed> trained_normed() {
  network<normed> net{seed{1}};
  net.normalize({.mean = {0.5f, 0}, .stddev = {2, 3}});
  (void)fit(net, images_for_folds(60), adam{.rate = 3e-2f}, constant{1}, {.epochs = 4, .batch = 10});
  // Make one channel decreasing and one constant.
  net.parameters([](std::string_view, const parameter& p) {
    if (p.name == "gamma") {
      p.value[1] = -p.value[1];
      p.value[2] = 0;
    }
  });
  return net;
}

}  // namespace

TEST_SUITE("train/fold_batch_norm") {
  TEST_CASE("the folded network computes what the other one does") {
    auto from = trained_normed();
    network<folded> to{seed{2}};
    fold_batch_norm(from, to);
    const auto expected = logits(from, images_for_folds(20));
    const auto found = logits(to, images_for_folds(20));
    REQUIRE(expected.size() == found.size());
    float largest = 0;
    for (const float z : expected) largest = std::max(largest, std::abs(z));
    // Folding rounds each weight once more. A sum adds about 100 such errors.
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(std::abs(expected[i] - found[i]) <= 100 * 0x1p-24f * largest);
  }

  TEST_CASE("weights are w · scale, the bias beta - mean · scale, in double precision") {
    auto from = trained_normed();
    network<folded> to{seed{2}};
    fold_batch_norm(from, to);
    const auto& norm = from.layer<"4">();
    const auto& before = from.layer<"3">().weights();
    const auto& after = to.layer<"3">().weights();
    std::vector<float> shifts;
    to.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      if (path == "4" && name == "bias") shifts.assign(values.begin(), values.end());
    });
    REQUIRE(shifts.size() == 4);
    for (std::size_t f = 0; f < 4; ++f) {
      const double scale = norm.gamma()(f) / std::sqrt(static_cast<double>(norm.running_variance()(f)) + 1e-5);
      const double shift = norm.beta()(f) - norm.running_mean()(f) * scale;
      CHECK(std::abs(shifts[f] - shift) <= 1e-5 * (std::abs(shift) + 1e-3));
      for (std::size_t k = 0; k < 9; ++k) {
        const double w = before(f, k / 3, k % 3, 0) * scale;
        CHECK(std::abs(after(f, k / 3, k % 3, 0) - w) <= 1e-6 * std::abs(w));
      }
    }
  }

  TEST_CASE("post-training quantization: fold, calibrate, pack") {
    auto from = trained_normed();
    network<norms_in_branches<bias, bytes>> small{seed{2}};
    fold_batch_norm(from, small);
    calibrate(small, images_for_folds(60), {.batches = 3, .batch = 20});
    // Layer 6 is the batch norm that was not folded. pack refuses it, because its statistics were measured in another
    // network.
    CHECK_THROWS_WITH_AS((void)pack(small), doctest::Contains("layer 6"), error);

    using all = zoo::schemes<bytes, bytes, bytes, bytes, real, bias>;
    CHECK(layer_graph<zoo::resnet_18<all>>::output == shape{1, 1, 1000});
    struct plain : model<image<2, 6, 6>, conv<4>, batch_norm, relu, dense<3>> {};
    struct quantized : model<image<2, 6, 6>, conv<4, bytes>, bias, relu, dense<3, bytes>> {};
    network<plain> real_net{seed{3}};
    (void)fit(real_net, images_for_folds(60), adam{.rate = 3e-2f}, constant{1}, {.epochs = 2, .batch = 10});
    network<quantized> eight{seed{4}};
    fold_batch_norm(real_net, eight);
    calibrate(eight, images_for_folds(60), {.batches = 3, .batch = 20});
    const auto tiny = pack(eight);
    const auto data = images_for_folds(20);
    const auto expected = logits(real_net, data);
    const auto found = tiny.run(std::span<const float>(data.images));
    double error = 0, power = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      error += std::pow(static_cast<double>(expected[i] - found[i]), 2);
      power += std::pow(static_cast<double>(expected[i]), 2);
    }
    // The squared error of two layers with 8-bit weights and inputs is about 7e-5 of the power of the logits.
    CHECK(error <= 1e-3 * power);
  }

  TEST_CASE("a norm that the target lacks is refused by path, and the target stays as it was") {
    struct plain : model<image<2, 6, 6>, conv<4>, batch_norm, relu, dense<3>> {};
    struct without : model<image<2, 6, 6>, conv<4>, relu, relu, dense<3>> {};
    network<plain> from{seed{1}};
    network<without> to{seed{2}};
    const auto before = to.layer<"0">().weights();
    CHECK_THROWS_WITH_AS(fold_batch_norm(from, to),
                         "fold_batch_norm: layer 1: expected the array 'beta' in both networks, found it only in the "
                         "one that is copied from",
                         error);
    CHECK(to.layer<"0">().weights() == before);
  }
}
