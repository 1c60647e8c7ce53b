#include <doctest/doctest.h>

#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/zoo/alexnet.hpp>
#include <minnow/zoo/bi_real.hpp>
#include <minnow/zoo/convnet.hpp>
#include <minnow/zoo/densenet.hpp>
#include <minnow/zoo/mlperf_tiny.hpp>
#include <minnow/zoo/mobilenet.hpp>
#include <minnow/zoo/resnet.hpp>
#include <minnow/zoo/resnet_cifar.hpp>

#include "model_figures.hpp"

using namespace minnow;
using test::figures_of;

namespace {

using floats = zoo::schemes<real>;
using bits = zoo::schemes<minw<1, 1>, scheme<pixels, sign>>;
static_assert(std::is_same_v<zoo::image_schemes<minw<1, 1>>, bits>);
static_assert(std::is_same_v<zoo::image_schemes<minw<1, 1>, real>, zoo::schemes<minw<1, 1>, scheme<real, sign>>>);

// Chen et al. 2020 state sizes of 1.23, 0.54, 0.30 and 0.21 MB with 1-bit weights.
static_assert(figures_of<zoo::model_a<bits>>().weights == 9837952);
static_assert(figures_of<zoo::model_b<bits>>().weights == 4310720);
static_assert(figures_of<zoo::model_c<bits>>().weights == 2465472);
static_assert(figures_of<zoo::model_d<bits>>().weights == 1739456);
// Courbariaux et al. 2016 state 14.02 M weights.
static_assert(figures_of<zoo::binary_net<bits>>().weights / 10000 == 1402);

// He et al. 2016, Table 6, states 0.27, 0.46, 0.66, 0.85 and 1.7 M parameters. ResNet-110 has 1.72 M weights.
static_assert((figures_of<zoo::resnet_cifar<20, floats>>().parameters + 5000) / 10000 == 27);
static_assert((figures_of<zoo::resnet_cifar<32, floats>>().parameters + 5000) / 10000 == 46);
static_assert((figures_of<zoo::resnet_cifar<44, floats>>().parameters + 5000) / 10000 == 66);
static_assert((figures_of<zoo::resnet_cifar<56, floats>>().parameters + 5000) / 10000 == 85);
static_assert((figures_of<zoo::resnet_cifar<110, floats>>().weights + 5000) / 10000 == 172);
// Huang et al. 2017, Table 2, states 0.8 M parameters for L = 100, k = 12; Chen et al. 2020 state .769 M.
static_assert((figures_of<zoo::densenet_bc<100, 12, floats>>().parameters + 500) / 1000 == 769);

// In torchvision 0.14, AlexNet, ResNet-18 and ResNet-50 have 61.1 M, 11.69 M and 25.557 M parameters. A batch norm has
// two parameters per channel, and a bias has one.
static_assert((figures_of<zoo::alexnet<floats>>().parameters + 50000) / 100000 == 611);
static_assert(figures_of<zoo::resnet_18<floats>>().parameters == 11689512);
// The network of Liu et al. 2018 is ResNet-18 with different shortcuts.
static_assert(figures_of<zoo::bi_real_18<floats>>().parameters == figures_of<zoo::resnet_18<floats>>().parameters);
static_assert(figures_of<zoo::resnet_50<floats>>().parameters == 25557032);
static_assert(figures_of<zoo::resnet_50_v2<floats>>().weights == figures_of<zoo::resnet_50<floats>>().weights);
// He et al. 2016, Table 1, states 1.8 and 3.8 billion multiply-adds; the second count is 3.9 billion here.
static_assert((figures_of<zoo::resnet_18<floats>>().macs + 50000000) / 100000000 == 18);
static_assert((figures_of<zoo::resnet_50<floats>>().macs + 50000000) / 100000000 == 39);
// Howard et al. 2017 state 4.2 M parameters (4.23 M with batch norm) and 568.7 M multiply-adds; Tables 6 and 7 state
// 325, 149 and 41 M multiply-adds and 2.6, 1.3 and 0.5 M parameters for the narrower networks, and 186 M multiply-adds
// at a resolution of 128.
static_assert(figures_of<zoo::mobilenet_v1<floats>>().parameters / 10000 == 423);
static_assert(figures_of<zoo::mobilenet_v1<floats>>().macs / 100000 == 5687);
static_assert((figures_of<zoo::mobilenet_v1<floats, 75>>().macs + 500000) / 1000000 == 325);
static_assert((figures_of<zoo::mobilenet_v1<floats, 50>>().macs + 500000) / 1000000 == 149);
static_assert((figures_of<zoo::mobilenet_v1<floats, 25>>().macs + 500000) / 1000000 == 41);
static_assert((figures_of<zoo::mobilenet_v1<floats, 100, 128>>().macs + 500000) / 1000000 == 186);

// The kernels of the Keras models of MLPerf Tiny (mlcommons/tiny, training) have 77,360 numbers in ResNet-8 and 208,112
// in the network for visual wake words; with the sizes of their maps this gives 12,501,632 and 7,489,664
// multiply-accumulates.
static_assert(figures_of<zoo::resnet_8<floats>>().weights == 77360);
static_assert(figures_of<zoo::resnet_8<floats>>().macs == 12501632);
static_assert(figures_of<zoo::visual_wake_words<floats>>().weights == 208112);
static_assert(figures_of<zoo::visual_wake_words<floats>>().macs == 7489664);
// 64 filters of 10x4, four times 64 of 3x3 and 64x64, and 12x64, on maps of 25x5; ten dense layers.
static_assert(figures_of<zoo::ds_cnn<floats>>().weights == 64 * 40 + 4 * (64 * 9 + 64 * 64) + 12 * 64);
static_assert(figures_of<zoo::ds_cnn<floats>>().macs == 125 * (64 * 40 + 4 * (64 * 9 + 64 * 64)) + 12 * 64);
static_assert(figures_of<zoo::autoencoder_640<floats>>().weights == 264192);

// Chen et al. 2020, III.E: blocks of MINW-Net end in a hard tanh.
template <class Inner>
using activation = typename zoo::schemes<Inner>::activation;
static_assert(std::is_same_v<activation<minw<1, 1>>, hard_tanh> && std::is_same_v<activation<minw<2, 1>>, hard_tanh>);
static_assert(std::is_same_v<activation<minw<3, 3>>, hard_tanh> && std::is_same_v<activation<minw<16, 1>>, hard_tanh>);
static_assert(std::is_same_v<activation<minw<32, 3>>, hard_tanh> && std::is_same_v<activation<minw<8, 2>>, hard_tanh>);
static_assert(std::is_same_v<activation<real>, relu> && std::is_same_v<activation<scheme<real, sign>>, relu>);
static_assert(std::is_same_v<activation<scheme<unsigned_integer<4>, integer<4>>>, relu>);
static_assert(std::is_same_v<bits::activation, hard_tanh>);

/// Returns the number of layers of a type.
template <class Model, class Layer>
constexpr int count_layers() {
  using graph = layer_graph<Model>;
  return []<std::size_t... Index>(std::index_sequence<Index...>) {
    return (0 + ... + (std::is_same_v<typename graph::template layer<Index>, Layer> ? 1 : 0));
  }(std::make_index_sequence<graph::count>{});
}
template <class WithBits, class WithFloats>
constexpr bool replaces_all_activations = count_layers<WithBits, relu>() == 0 &&
                                          count_layers<WithFloats, hard_tanh>() == 0 &&
                                          count_layers<WithBits, hard_tanh>() > 0 &&
                                          count_layers<WithBits, hard_tanh>() == count_layers<WithFloats, relu>();
static_assert(replaces_all_activations<zoo::alexnet<bits>, zoo::alexnet<floats>>);
static_assert(replaces_all_activations<zoo::resnet_18<bits>, zoo::resnet_18<floats>>);
static_assert(replaces_all_activations<zoo::resnet_50<bits>, zoo::resnet_50<floats>>);
static_assert(replaces_all_activations<zoo::resnet_50_v2<bits>, zoo::resnet_50_v2<floats>>);
static_assert(replaces_all_activations<zoo::resnet_cifar<20, bits>, zoo::resnet_cifar<20, floats>>);
static_assert(replaces_all_activations<zoo::densenet_bc<16, 12, bits>, zoo::densenet_bc<16, 12, floats>>);
static_assert(replaces_all_activations<zoo::mobilenet_v1<bits>, zoo::mobilenet_v1<floats>>);
static_assert(replaces_all_activations<zoo::resnet_8<bits>, zoo::resnet_8<floats>>);
static_assert(replaces_all_activations<zoo::ds_cnn<bits>, zoo::ds_cnn<floats>>);

}  // namespace

TEST_SUITE("zoo") {
  TEST_CASE("networks for 32x32 images end in ten logits") {
    CHECK(layer_graph<zoo::model_d<bits>>::output == shape{1, 1, 10});
    CHECK(layer_graph<zoo::resnet_cifar<20, floats>>::output == shape{1, 1, 10});
    CHECK(layer_graph<zoo::resnet_cifar<20, floats, 100>>::output == shape{1, 1, 100});
    CHECK(layer_graph<zoo::densenet_bc<100, 12, floats>>::output == shape{1, 1, 10});
    CHECK(layer_graph<zoo::mobilenet_v1<floats, 25, 32, 10>>::output == shape{1, 1, 10});
  }

  TEST_CASE("networks for 224x224 images end in a thousand") {
    CHECK(layer_graph<zoo::alexnet<bits>>::output == shape{1, 1, 1000});
    CHECK(layer_graph<zoo::resnet_18<floats>>::output == shape{1, 1, 1000});
    CHECK(layer_graph<zoo::resnet_50<floats>>::output == shape{1, 1, 1000});
    CHECK(layer_graph<zoo::resnet_50_v2<floats>>::output == shape{1, 1, 1000});
    CHECK(layer_graph<zoo::mobilenet_v1<floats>>::output == shape{1, 1, 1000});
  }

  TEST_CASE("a carrier of a layer's own inputs is their quantizer, and there is no second one") {
    using bytes = scheme<integer<8>, integer<8, per_channel>>;
    using carried = layer_graph<zoo::resnet_50<zoo::schemes<bytes, bytes, bytes, bytes, integer<8>>>>;
    CHECK(carried::find("4.0.carrier") < carried::count);
    CHECK(carried::find("4.0.body.0.inputs") == carried::count);
    CHECK(carried::find("4.0.body.3.inputs") < carried::count);
    using on_floats = layer_graph<zoo::resnet_50<zoo::schemes<bytes>>>;
    CHECK(on_floats::find("4.0.carrier") == on_floats::count);
    CHECK(on_floats::find("4.0.body.0.inputs") < on_floats::count);
  }
}
