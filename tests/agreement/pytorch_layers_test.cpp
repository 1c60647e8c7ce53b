#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <minnow/layers/depthwise_conv.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/train/layers/pool.hpp>
#include <minnow/train/layers/product.hpp>

#include "single_layer.hpp"

using namespace minnow;

// Compares the forward and backward passes of layers with PyTorch. fixtures/pytorch_layers.py writes the expected
// numbers and explains why the layers must compute exactly these numbers.
namespace {

struct example {
  int images = 0;
  shape in;
  std::map<std::string, std::vector<float>> items{};
};

example read(const std::string& wanted) {
  std::ifstream file(MINNOW_FIXTURES "/pytorch_layers.txt");
  REQUIRE(file.is_open());
  example result;
  std::string text, item, layer;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    if (!(line >> item) || item == "#") continue;
    if (item == "layer") {
      line >> layer;
      if (layer == wanted) line >> result.images >> result.in.height >> result.in.width >> result.in.channels;
    } else if (layer == wanted) {
      result.items[item] = {std::istream_iterator<float>(line), std::istream_iterator<float>()};
    }
  }
  return result;
}

template <class Layer>
void check(const std::string& name) {
  CAPTURE(name);
  example e = read(name);
  REQUIRE(e.images > 0);
  test::single_layer<Layer> one(e.in, e.images);
  if constexpr (product_layer<Layer>) one.set("weights", e.items.at("w"));
  CHECK(one.forward(e.items.at("x")) == e.items.at("out"));
  CHECK(one.backward(e.items.at("r")) == e.items.at("grad_in"));
  if constexpr (product_layer<Layer>) CHECK(one.gradients().at("weights") == e.items.at("grad_w"));
}

}  // namespace

TEST_SUITE("agreement/pytorch_layers") {
  TEST_CASE("depthwise convolutions are PyTorch's, forward and backward") {
    check<depthwise_conv<>>("depthwise");
    check<depthwise_conv<real, kernel<5, 3>, stride<2>>>("depthwise_strided");
  }
  TEST_CASE("convolutions of groups are PyTorch's, forward and backward") {
    check<conv<8, real, groups<2>>>("grouped");
    check<conv<8, real, groups<4>, kernel<2, 3>, stride<1, 2>, padding<0>>>("grouped_strided");
  }
  TEST_CASE("padding that differs on opposite sides, TensorFlow's padding, forward and backward") {
    check<conv<5, real, stride<2>, same>>("tensorflow_same");
    check<conv<5, real, stride<2>, padding<0, 0, 1, 1>>>("tensorflow_same");
    check<depthwise_conv<real, kernel<5>, stride<2>, same>>("depthwise_same");
    check<conv<4, real, kernel<2, 3>, padding<0, 2, 3, 0>>>("one_sided");
    check<max_pool<3, stride<2>, same>>("max_same");
    check<average_pool<4, stride<2>, padding<1, 2, 2, 0>>>("average_one_sided");
  }
  TEST_CASE("padded pools are PyTorch's, forward and backward") {
    check<max_pool<3, stride<2>, padding<1>>>("max_padded");
    check<max_pool<4, kernel<4, 3>, stride<1, 2>, padding<2, 1>>>("max_padded_unlike");
    check<average_pool<4, stride<2>, padding<2>>>("average_padded");
  }
}
