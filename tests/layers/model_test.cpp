#include <minnow/layers/model.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string_view>

#include <minnow/model.hpp>
#include <minnow/zoo/convnet.hpp>

using namespace minnow;

namespace {

using model_a = zoo::model_a<zoo::schemes<minw<2, 1>, scheme<pixels, sign>>>;

/// A model with nested chains, all forms of schemes, and an explicitly quantized input.
struct nested : model<image<3, 12, 10>,                                                       //
                      conv<4, scheme<pixels, sign>>,                                          // 0
                      chain<batch_norm, chain<conv<6, minw<2, 1>, stride<2>>, max_pool<2>>>,  // 1
                      quantize<integer<8>>,                                                   // 2
                      conv<5, integer<8, per_channel>, kernel<1>>,                            // 3
                      dense<7, scheme<real, sign>>,                                           // 4
                      dense<3, minw<3, 16>>> {};                                              // 5
using of_nested = layer_graph<nested>;

template <std::size_t I, class Layer>
constexpr bool is_layer(std::string_view path) {
  return std::is_same_v<of_nested::layer<I>, Layer> && of_nested::paths[I].view() == path;
}

static_assert(of_nested::count == 11);
static_assert(is_layer<0, quantize<pixels>>("0.inputs"));
static_assert(is_layer<1, conv<4, sign>>("0"));
static_assert(is_layer<2, batch_norm>("1.0"));
static_assert(is_layer<3, quantize<ternary<>>>("1.1.0.inputs"));
static_assert(is_layer<4, conv<6, sign, stride<2>>>("1.1.0"));
static_assert(is_layer<5, max_pool<2>>("1.1.1"));
static_assert(is_layer<6, quantize<integer<8>>>("2"));
static_assert(is_layer<7, conv<5, integer<8, per_channel>, kernel<1>>>("3"));
static_assert(is_layer<8, dense<7, sign>>("4"), "a bare real needs no pass of its own");
static_assert(is_layer<9, quantize<power_of_two<3>>>("5.inputs"));
static_assert(is_layer<10, dense<3, half>>("5"));

static_assert(of_nested::input == shape{12, 10, 3} && of_nested::output == shape{1, 1, 3});
static_assert(of_nested::in<0> == of_nested::input && of_nested::out<10> == of_nested::output);
static_assert(of_nested::in<4> == shape{12, 10, 4} && of_nested::out<4> == shape{6, 5, 6});
static_assert(of_nested::out<5> == shape{3, 2, 6} && of_nested::in<8> == shape{3, 2, 5} &&
              of_nested::out<8> == shape{1, 1, 7});

static_assert(std::is_same_v<of_nested::inputs_of<1>, pixels> && std::is_same_v<of_nested::inputs_of<4>, ternary<>>);
static_assert(std::is_same_v<of_nested::inputs_of<7>, integer<8>> &&
              std::is_same_v<of_nested::inputs_of<10>, power_of_two<3>>);
static_assert(std::is_same_v<of_nested::inputs_of<8>, real>, "no quantize layer directly before it");
static_assert(std::is_same_v<of_nested::inputs_of<0>, real>, "nothing before it");

static_assert(of_nested::find("1.1.0") == 4 && of_nested::find("5.inputs") == 9);
static_assert(of_nested::find("1.1") == of_nested::count && of_nested::find("") == of_nested::count,
              "a chain is no layer");

static_assert(of_nested::takes_pixels && !layer_graph<model<image<3, 12, 10>, conv<4>>>::takes_pixels);
static_assert(!layer_graph<model<image<3, 12, 10>, conv<4, minw<1, 1>>>>::takes_pixels);

// A model, then the same model under another name and the same model written differently.
struct base : model<image<3, 8, 10>, conv<4, minw<1, 1>, kernel<3>>, batch_norm, relu, max_pool<2>, dense<5, sign>> {};
struct base_by_another_name
    : model<image<3, 8, 10>, conv<4, minw<1, 1>, kernel<3>>, batch_norm, relu, max_pool<2>, dense<5, sign>> {};
struct base_written_otherwise : model<image<3, 8, 10>, conv<4, scheme<sign, sign>, padding<1>, stride<1>>, batch_norm,
                                      relu, max_pool<2, stride<2>>, dense<5, scheme<real, sign>>> {};

template <class Input, class Conv = conv<4, minw<1, 1>>, class Norm = batch_norm, class Activation = relu,
          class Pool = max_pool<2>, class Dense = dense<5, sign>>
constexpr std::uint64_t fingerprint_of() {
  return layer_graph<model<Input, Conv, Norm, Activation, Pool, Dense>>::fingerprint;
}
using in = image<3, 8, 10>;

template <class... Layers>
constexpr std::uint64_t fingerprint_with() {
  return layer_graph<model<in, Layers...>>::fingerprint;
}

}  // namespace

TEST_SUITE("layers/model") {
  TEST_CASE("equal models under other names have one fingerprint") {
    CHECK(layer_graph<base>::fingerprint == layer_graph<base_by_another_name>::fingerprint);
    CHECK(layer_graph<base>::fingerprint == layer_graph<base_written_otherwise>::fingerprint);
    CHECK(layer_graph<base>::fingerprint == fingerprint_of<in>());
  }

  TEST_CASE("fingerprints differ where any parameter differs") {
    const std::uint64_t all[] = {
        fingerprint_of<in>(),
        // the input
        fingerprint_of<image<1, 8, 10>>(),
        fingerprint_of<image<3, 10, 8>>(),
        fingerprint_of<image<3, 8, 12>>(),
        fingerprint_of<signal<3, 80>, conv<4, minw<1, 1>>, batch_norm, relu, max_pool<1>>(),
        // the convolution
        fingerprint_of<in, conv<5, minw<1, 1>>>(),
        fingerprint_of<in, conv<4, minw<2, 1>>>(),
        fingerprint_of<in, conv<4, minw<1, 2>>>(),
        fingerprint_of<in, conv<4, minw<3, 1>>>(),
        fingerprint_of<in, conv<4, minw<16, 1>>>(),
        fingerprint_of<in, conv<4, minw<32, 1>>>(),
        fingerprint_of<in, conv<4, scheme<half, sign>>>(),
        fingerprint_of<in, conv<4, scheme<pixels, sign>>>(),
        fingerprint_of<in, conv<4, sign>>(),
        fingerprint_of<in, conv<4, scheme<ternary<threshold<1, 3>>, sign>>>(),
        fingerprint_of<in, conv<4, scheme<sign, ternary<threshold<7, 10>>>>>(),
        fingerprint_of<in, conv<4, scheme<sign, ternary<mean_threshold<7, 10>>>>>(),
        fingerprint_of<in, conv<4, scheme<sign, power_of_two<2>>>>(),
        fingerprint_of<in, conv<4, scheme<sign, power_of_two<4>>>>(),
        fingerprint_of<in, conv<4, scheme<integer<8>, sign>>>(),
        fingerprint_of<in, conv<4, scheme<integer<4>, sign>>>(),
        fingerprint_of<in, conv<4, scheme<sign, integer<8>>>>(),
        fingerprint_of<in, conv<4, scheme<sign, integer<8, per_channel>>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>, kernel<5>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>, kernel<5, 3>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>, kernel<3, 5>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>, stride<2>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>, stride<2, 1>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>, padding<0>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>, padding<1, 0>>>(),
        // the layers between
        fingerprint_of<in, conv<4, minw<1, 1>>, bias>(),
        fingerprint_of<in, conv<4, minw<1, 1>>, batch_norm, hard_tanh>(),
        fingerprint_of<in, conv<4, minw<1, 1>>, batch_norm, relu, average_pool<2>>(),
        fingerprint_of<in, conv<4, minw<1, 1>>, batch_norm, relu, max_pool<3>>(),
        fingerprint_of<in, conv<4, minw<1, 1>>, batch_norm, relu, max_pool<2, stride<1>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>>, batch_norm, relu, global_average_pool>(),
        fingerprint_of<in, conv<4, minw<1, 1>>, relu, batch_norm>(),
        // the dense layer
        fingerprint_of<in, conv<4, minw<1, 1>>, batch_norm, relu, max_pool<2>, dense<6, sign>>(),
        fingerprint_of<in, conv<4, minw<1, 1>>, batch_norm, relu, max_pool<2>, dense<5, ternary<>>>(),
        fingerprint_of<in, conv<4, minw<1, 1>>, batch_norm, relu, max_pool<2>, dense<5, minw<1, 1>>>(),
        // models that differ in the number of layers and in their paths
        fingerprint_with<conv<4, minw<1, 1>>, batch_norm, relu, max_pool<2>>(),
        fingerprint_with<conv<4, minw<1, 1>>, batch_norm, relu, max_pool<2>, dense<5, sign>, relu>(),
        fingerprint_with<chain<conv<4, minw<1, 1>>, batch_norm>, relu, max_pool<2>, dense<5, sign>>(),
    };
    CHECK(std::set<std::uint64_t>(std::begin(all), std::end(all)).size() == std::size(all));
  }

  // A changed fingerprint makes all existing files unreadable, so it must not change by accident.
  TEST_CASE("a fingerprint is the hash of the input and of every path and name") {
    CHECK(of_nested::fingerprint == hash("input 3x12x10"
                                         "0.inputs=quantize<pixels>;"
                                         "0=conv<4,sign,3x3,stride 1x1,padding 1x1>;"
                                         "1.0=batch_norm;"
                                         "1.1.0.inputs=quantize<ternary>;"
                                         "1.1.0=conv<6,sign,3x3,stride 2x2,padding 1x1>;"
                                         "1.1.1=max_pool<2x2,stride 2x2,padding 0x0>;"
                                         "2=quantize<integer<8>>;"
                                         "3=conv<5,integer<8,per_channel>,1x1,stride 1x1,padding 0x0>;"
                                         "4=dense<7,sign>;"
                                         "5.inputs=quantize<power_of_two<3>>;"
                                         "5=dense<3,half>;"));
  }

  TEST_CASE("paths are distinct") {
    std::set<std::string_view> paths;
    for (const text& path : of_nested::paths) paths.insert(path.view());
    for (const text& path : layer_graph<model_a>::paths) CHECK_FALSE(path.view().empty());
    CHECK(paths.size() == of_nested::count);
  }

  TEST_CASE("a scheme is short for a quantize layer before the product") {
    using written = layer_graph<model<in, quantize<ternary<>>, conv<4, sign>>>;
    using scheme_of_two = layer_graph<model<in, conv<4, minw<2, 1>>>>;
    CHECK(std::is_same_v<written::layer<0>, scheme_of_two::layer<0>>);
    CHECK(std::is_same_v<written::layer<1>, scheme_of_two::layer<1>>);
    CHECK(std::is_same_v<written::inputs_of<1>, scheme_of_two::inputs_of<1>>);
  }

  TEST_CASE("Model A has the shapes of the paper") {
    using a = layer_graph<model_a>;
    CHECK(a::out<a::find("1.1")> == shape{16, 16, 128});
    CHECK(a::out<a::find("3.1")> == shape{8, 8, 256});
    CHECK(a::out<a::find("5.1")> == shape{4, 4, 512});
    CHECK(a::out<a::find("6.0")> == shape{1, 1, 512});
    CHECK(a::out<a::find("7.0")> == shape{1, 1, 2048});
    CHECK(a::output == shape{1, 1, 10});
  }
}
