#include "pairs.hpp"

#include <minnow/train/evaluate.hpp>

using namespace minnow;
using namespace minnow::test;

namespace {

struct signal_in_bits : model<signal<3, 83>, conv_1d<33, scheme<pixels, sign>, kernel<9>, stride<2>>, max_pool_1d<2>,
                              batch_norm, conv_1d<40, minw<1, 1>, kernel<5>>, batch_norm,
                              max_pool_1d<3, stride<2>, padding<1>>, depthwise_conv_1d<minw<2, 2>>, batch_norm,
                              conv_1d<18, minw<3, 2>, kernel<4>, stride<2>, padding<2>>, batch_norm, last> {};
struct signal_in_bits_of_maps
    : model<signal<3, 83>, conv<33, scheme<pixels, sign>, kernel<1, 9>, stride<1, 2>>,
            max_pool<2, kernel<1, 2>, stride<1, 2>>, batch_norm, conv<40, minw<1, 1>, kernel<1, 5>>, batch_norm,
            max_pool<3, kernel<1, 3>, stride<1, 2>, padding<0, 1>>, depthwise_conv<minw<2, 2>, kernel<1, 3>>,
            batch_norm, conv<18, minw<3, 2>, kernel<1, 4>, stride<1, 2>, padding<0, 2>>, batch_norm, last> {};
template <class Scheme>
struct signal_in_integers
    : model<signal<2, 50>, conv_1d<17, Scheme, kernel<7>>, batch_norm, relu, average_pool_1d<2>,
            residual<chain<conv_1d<17, Scheme>, batch_norm>>, conv_1d<12, Scheme, groups<1>, kernel<3>>, batch_norm,
            relu, depthwise_conv_1d<Scheme, kernel<5>, stride<2>>, batch_norm, max_pool_1d<2>, dense<4, Scheme>> {};

/// A convolution and a pool without quantizers, to compare with their formulas.
struct sums_along_a_signal : model<signal<2, 11>, conv_1d<3, real, kernel<5>, stride<2>>, max_pool_1d<2>> {};

}  // namespace

TEST_SUITE("agreement/structures") {
  TEST_CASE_TEMPLATE("layers of signals: bits", Model, signal_in_bits) { check_model<Model>(); }

  TEST_CASE_TEMPLATE("layers of signals: integers, of images of floats", Scheme,
                     scheme<integer<8>, integer<8, per_channel>>, scheme<integer<8>, integer<4>>) {
    check_model<signal_in_integers<Scheme>, float>();
  }

  TEST_CASE("training has the formula of Conv1d and MaxPool1d") {
    network<sums_along_a_signal> net{seed{5}};
    std::vector<float> weights;
    net.parameters([&](std::string_view, const parameter& p) { weights.assign(p.value.begin(), p.value.end()); });
    REQUIRE(weights.size() == 3 * 5 * 2);
    const auto data = random_images<float>({1, 11, 2}, 1, 3, 3);
    const std::vector<float> found = logits(net, data);
    REQUIRE(found.size() == 3 * 3);
    const auto sum = [&](int l, int f) {
      double y = 0;
      for (int k = 0; k < 5; ++k)
        for (int c = 0; c < 2; ++c)
          if (const int at = 2 * l + k - 2; at >= 0 && at < 11)
            y += static_cast<double>(data.images[static_cast<std::size_t>(2 * at + c)]) *
                 static_cast<double>(weights[static_cast<std::size_t>((f * 5 + k) * 2 + c)]);
      return y;
    };
    for (int l = 0; l < 3; ++l)
      for (int f = 0; f < 3; ++f)
        CHECK(static_cast<double>(found[static_cast<std::size_t>(3 * l + f)]) ==
              doctest::Approx(std::max(sum(2 * l, f), sum(2 * l + 1, f))).epsilon(1e-5));
  }

  TEST_CASE("a file of maps of height 1 is read as one of signals, with the same logits") {
    auto net = trained_three_steps<signal_in_bits_of_maps, std::uint8_t>();
    const data_files::folder folder;
    save(pack(net), folder.path("model.mnw"));
    const auto data = random_images<std::uint8_t>({1, 83, 3}, 8, 4, 77);
    const auto of_signals =
        load<packed<signal_in_bits>>(folder.path("model.mnw")).run(std::span<const std::uint8_t>(data.images));
    CHECK(of_signals == pack(net).run(std::span<const std::uint8_t>(data.images)));
    CHECK(of_signals != std::vector<float>(of_signals.size(), of_signals[0]));
  }
}
