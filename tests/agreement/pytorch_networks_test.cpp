#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <minnow/exchange/weights.hpp>
#include <minnow/model.hpp>
#include <minnow/train/evaluate.hpp>

using namespace minnow;

// Compares the outputs of networks that use PyTorch's weights with PyTorch's outputs. fixtures/pytorch_networks.py
// writes the expected numbers.
namespace {

struct exported_network {
  tensors weights;
  tensor inputs;  ///< channels first
  tensor outputs;
};

exported_network read_network(const std::string& wanted) {
  std::ifstream file(MINNOW_FIXTURES "/pytorch_networks.txt");
  REQUIRE(file.is_open());
  exported_network result;
  std::string text, kind, name, network;
  while (std::getline(file, text)) {
    std::istringstream line(text.substr(0, text.find(':')));
    if (!(line >> kind)) continue;
    if (kind == "network") line >> network;
    if (network != wanted || kind == "network") continue;
    if (kind == "tensor") line >> name;
    tensor& to = kind == "tensor" ? result.weights[name] : kind == "inputs" ? result.inputs : result.outputs;
    to.shape = {std::istream_iterator<std::uint64_t>(line), {}};
    std::istringstream numbers(text.substr(text.find(':') + 1));
    to.values = {std::istream_iterator<float>(numbers), {}};
  }
  return result;
}

dataset<float> channels_last(const tensor& from, shape image) {
  const auto channels = static_cast<std::size_t>(image.channels), pixels = static_cast<std::size_t>(image.pixels());
  dataset<float> to(image, std::vector<float>(from.values.size()), {});
  for (std::size_t n = 0; n < from.shape.at(0); ++n)
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t p = 0; p < pixels; ++p)
        to.images[(n * pixels + p) * channels + c] = from.values[(n * channels + c) * pixels + p];
  return to;
}

/// Checks that the network computes PyTorch's outputs, and that it exports the names, shapes and numbers of PyTorch's
/// state_dict.
template <class Model>
void check_network(const std::string& name, const weight_names& names) {
  CAPTURE(name);
  const exported_network e = read_network(name);
  REQUIRE(!e.weights.empty());
  network<Model> net{seed{1}};
  load_weights(net, e.weights, names);
  const auto found = logits(net, channels_last(e.inputs, Model::input::dimensions));
  REQUIRE(found.size() == e.outputs.values.size());
  float largest = 0;
  for (const float v : e.outputs.values) largest = std::max(largest, std::abs(v));
  for (std::size_t k = 0; k < found.size(); ++k) CHECK(std::abs(found[k] - e.outputs.values[k]) <= 1e-5f * largest);
  const tensors exported = export_weights(net, names);
  CHECK(exported == e.weights);
  network<Model> again{seed{2}};
  load_weights(again, exported, names);
  CHECK(export_weights(again, names) == e.weights);
}

struct windows : model<image<4, 9, 8>, conv<6, real, kernel<3, 2>, stride<2, 1>, padding<1, 0>>, bias, batch_norm, relu,
                       conv<9, real, kernel<2, 3>, padding<0, 1>, groups<3>>, hard_tanh, depthwise_conv<>, bias, relu6,
                       conv<18, real, kernel<1, 3>, stride<1, 2>, groups<9>>,
                       max_pool<2, kernel<2, 3>, stride<2, 1>, padding<1, 1>>, dense<5>, bias, dense<3>> {};

struct depthwise_pyramid
    : model<image<8, 7, 6>, depthwise_conv<real, stride<2>>, batch_norm, relu, conv<12, real, kernel<1>>, bias,
            depthwise_conv<real, kernel<5, 3>>, bias, average_pool<2, stride<1>>, global_average_pool, dense<4>, bias> {
};

template <int Channels, int Groups>
using block = chain<conv<Channels, real, groups<Groups>>, batch_norm, relu>;
struct branches : model<image<4, 5, 6>, residual<block<4, 2>>,
                        residual<chain<conv<8, real, stride<2>, groups<4>>, bias, batch_norm>,
                                 chain<conv<8, real, kernel<1>, stride<2>>, batch_norm>>,
                        repeat<2, block<8, 8>>, dense_block<2, conv<3>>, pad_channels<16>,
                        conv<4, real, kernel<1>, groups<4>>, dense<2>, bias> {};

struct signals
    : model<signal<6, 31>, conv<8, real, kernel<1, 5>, stride<1, 2>>, bias, batch_norm, relu,
            depthwise_conv<real, kernel<1, 3>>, max_pool<2, kernel<1, 2>, stride<1, 2>>,
            conv<6, real, kernel<1, 4>, padding<0>, groups<2>>, bias, conv<4, real, kernel<1>>, dense<3>, bias> {};

struct vectors : model<features<13>, dense<9>, batch_norm, relu, dense<4>, bias> {};

}  // namespace

TEST_SUITE("agreement/pytorch_networks") {
  TEST_CASE("convolutions of all windows and groups, and a dense layer behind a map") {
    check_network<windows>("windows", {{"0", "plain"},
                                       {"1", "plain"},
                                       {"2", "norm"},
                                       {"4", "grouped"},
                                       {"6", "depthwise"},
                                       {"7", "depthwise"},
                                       {"9", "multiplied"},
                                       {"11", "hidden"},
                                       {"12", "hidden"},
                                       {"13", "head"}});
  }

  TEST_CASE("depthwise convolutions that stride, with pointwise ones between them") {
    check_network<depthwise_pyramid>("depthwise_pyramid", {{"0", "dw0"},
                                                           {"1", "n0"},
                                                           {"3", "pw0"},
                                                           {"4", "pw0"},
                                                           {"5", "dw1"},
                                                           {"6", "dw1"},
                                                           {"9", "head"},
                                                           {"10", "head"}});
  }

  TEST_CASE("residual, repeated and dense blocks with groups inside") {
    check_network<branches>("branches", {{"0.body.0", "identity.body.conv"},
                                         {"0.body.1", "identity.body.norm"},
                                         {"1.body.0", "projected.body.conv"},
                                         {"1.body.1", "projected.body.conv"},
                                         {"1.body.2", "projected.body.norm"},
                                         {"1.shortcut.0", "projected.shortcut.conv"},
                                         {"1.shortcut.1", "projected.shortcut.norm"},
                                         {"2.0.0", "repeated.0.conv"},
                                         {"2.0.1", "repeated.0.norm"},
                                         {"2.1.0", "repeated.1.conv"},
                                         {"2.1.1", "repeated.1.norm"},
                                         {"3.0.body", "dense0.body"},
                                         {"3.1.body", "dense1.body"},
                                         {"5", "mixed"},
                                         {"6", "head"},
                                         {"7", "head"}});
  }

  TEST_CASE("convolutions of signals are Conv1d's") {
    check_network<signals>("signals", {{"0", "plain"},
                                       {"1", "plain"},
                                       {"2", "norm"},
                                       {"4", "depthwise"},
                                       {"6", "grouped"},
                                       {"7", "grouped"},
                                       {"8", "pointwise"},
                                       {"9", "head"},
                                       {"10", "head"}});
  }

  TEST_CASE("dense layers on features are Linear's") {
    check_network<vectors>("vectors", {{"0", "first"}, {"1", "norm"}, {"3", "last"}, {"4", "last"}});
  }
}
