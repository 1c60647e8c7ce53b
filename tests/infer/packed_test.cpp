#include <minnow/infer/packed.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/conv.hpp>
#include <minnow/layers/dense.hpp>
#include <minnow/layers/pool.hpp>

using namespace minnow;

namespace {

template <int Filters>
using conv_block = chain<conv<Filters, minw<1, 1>>, batch_norm>;
template <int Filters>
using pooled_block = chain<conv<Filters, minw<1, 1>>, max_pool<2>, batch_norm>;
template <int Units>
using dense_block = chain<dense<Units, minw<1, 1>>, batch_norm>;

/// The ConvNets of Chen et al. 2020: convolutions with `Filters` filters, then with twice and four times as many,
/// followed by two hidden dense layers.
template <int Filters, int Narrow, int Wide>
struct conv_net : model<image<3, 32, 32>, conv<Filters, scheme<pixels, sign>>, batch_norm, pooled_block<Filters>,
                        conv_block<2 * Filters>, pooled_block<2 * Filters>, conv_block<4 * Filters>,
                        pooled_block<4 * Filters>, dense_block<Narrow>, dense_block<Wide>, dense_block<10>> {};
using model_a = conv_net<128, 512, 2048>;
using model_b = conv_net<64, 512, 2048>;
using model_c = conv_net<64, 256, 1024>;
using model_d = conv_net<64, 128, 512>;

struct odd : model<image<1, 3, 3>, conv<5, scheme<pixels, sign>>, batch_norm, dense<3, minw<1, 2>>> {};
struct of_one_product : model<features<3>, dense<2, scheme<real, real>>> {};

}  // namespace

// Chen et al. 2020 state these sizes: 1.23, 0.54, 0.308 and 0.217 MB.
static_assert(packed<model_a>::weight_bits() == 9'837'952);
static_assert(packed<model_b>::weight_bits() == 4'310'720);
static_assert(packed<model_c>::weight_bits() == 2'465'472);
static_assert(packed<model_d>::weight_bits() == 1'739'456);

// The convolution has 9 masks of 16 bits, one bit per filter. The dense layer has 3 filters, which are not padded. Each
// filter has 45 inputs in 2 bit planes, padded to 2 words per plane.
static_assert(packed<odd>::weight_bits() == 9 * 16 + 3 * 2 * 2 * 32);

// Packed networks for different architectures have different types, and so do their sessions.
static_assert(
    !std::is_same_v<packed<of_one_product, kernels::portable>, packed<of_one_product, kernels::avx512_vpopcntdq>>);
static_assert(!std::is_same_v<session<packed<of_one_product, kernels::portable>>,
                              session<packed<of_one_product, kernels::avx512_vpopcntdq>>>);
static_assert(std::is_same_v<packed<of_one_product>, packed<of_one_product, kernels::best>>);

TEST_SUITE("infer/packed") {
  TEST_CASE("a model of 10 million weights takes their bits in memory") {
    packed<model_d> network;
    std::size_t bytes = 0;
    network.each_stage([&](auto, auto& stage) { bytes += stage.weights.size(); });
    CHECK(8 * bytes == packed<model_d>::weight_bits());
  }

  TEST_CASE("runs images one after another, as a session does") {
    packed<of_one_product> network;
    auto& stage = network.stage<0>();
    const float weights[] = {1, 10, 2, 20, 3, 30};  // [K][filters]
    std::memcpy(stage.weights.data(), weights, sizeof weights);
    stage.constants.scales = {1, 0.5f};
    const std::vector<float> images{1, 1, 1, 1, 0, -1};
    CHECK(network.run(std::span<const float>(images)) == std::vector<float>{6, 30, -2, -10});
    CHECK(network.run(std::span<const float>()).empty());
  }

  TEST_CASE("a copy is a network of its own") {
    packed<of_one_product> network;
    packed<of_one_product> copy = network;
    copy.stage<0>().weights.data()[0] = std::byte{1};
    CHECK(network.stage<0>().weights.data()[0] == std::byte{0});
  }
}
