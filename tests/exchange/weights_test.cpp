#include <minnow/exchange/weights.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <minnow/estimate/local_reparameterization.hpp>
#include <minnow/fit/reestimate_batch_norm.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/train/evaluate.hpp>

#include "single_layer.hpp"

namespace mn = minnow;

namespace {

// A network with a convolution, dense layers, biases, batch norm and a pool. Its kernel and its maps are not square, so
// that exchanged axes are found.
template <class Scheme>
struct net_of : mn::model<mn::image<3, 6, 10>, mn::conv<4, Scheme, mn::kernel<3, 5>, mn::padding<1, 2>>, mn::bias,
                          mn::chain<mn::batch_norm, mn::relu>, mn::max_pool<2>, mn::dense<7, Scheme>, mn::bias,
                          mn::dense<2, Scheme>> {};
using real_net = net_of<mn::real>;
using small_net = net_of<mn::minw<1, 1>>;

const mn::weight_names names{{"0", "features.0"}, {"1", "features.0"}, {"2.0", "features.1"},
                             {"4", "head.fc"},    {"5", "head.fc"},    {"6.weights", "last"}};

std::vector<float> draw(const std::vector<std::uint64_t>& shape, std::uint64_t draws, float low = -1, float high = 1) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) count *= extent;
  return mn::test::uniform(count, draws, low, high);
}

/// Returns the weights in PyTorch's names and layout.
mn::tensors torch_weights() {
  mn::tensors t;
  const auto add = [&](const char* name, std::vector<std::uint64_t> shape, float low = -1, float high = 1) {
    t[name] = {shape, draw(shape, t.size() + 1, low, high)};
  };
  add("features.0.weight", {4, 3, 3, 5});
  add("features.0.bias", {4});
  add("features.1.weight", {4});
  add("features.1.bias", {4});
  add("features.1.running_mean", {4});
  add("features.1.running_var", {4}, 0.5f, 2);
  add("head.fc.weight", {7, 4 * 3 * 5});
  add("head.fc.bias", {7});
  add("last", {2, 7});
  t["features.1.num_batches_tracked"] = {{}, {100}};
  return t;
}

/// Computes PyTorch's Conv2d, BatchNorm2d, ReLU, MaxPool2d, Flatten and two Linear layers on images (N,C,H,W).
std::vector<double> torch_logits(const mn::tensors& t, const std::vector<float>& images, int count) {
  const auto w = [&](const char* name, std::size_t at) { return static_cast<double>(t.at(name).values.at(at)); };
  const auto i = [](int n) { return static_cast<std::size_t>(n); };
  std::vector<double> logits;
  for (int n = 0; n < count; ++n) {
    std::vector<double> flattened;
    for (int o = 0; o < 4; ++o) {
      double map[6][10];
      for (int y = 0; y < 6; ++y)
        for (int x = 0; x < 10; ++x) {
          double sum = w("features.0.bias", i(o));
          for (int c = 0; c < 3; ++c)
            for (int ky = 0; ky < 3; ++ky)
              for (int kx = 0; kx < 5; ++kx) {
                const int iy = y + ky - 1, ix = x + kx - 2;
                if (iy >= 0 && iy < 6 && ix >= 0 && ix < 10)
                  sum += w("features.0.weight", i(((o * 3 + c) * 3 + ky) * 5 + kx)) *
                         static_cast<double>(images[i(((n * 3 + c) * 6 + iy) * 10 + ix)]);
              }
          const double deviation = std::sqrt(w("features.1.running_var", i(o)) + 1e-5);
          sum = (sum - w("features.1.running_mean", i(o))) / deviation * w("features.1.weight", i(o)) +
                w("features.1.bias", i(o));
          map[y][x] = std::max(sum, 0.0);
        }
      for (int y = 0; y < 6; y += 2)
        for (int x = 0; x < 10; x += 2)
          flattened.push_back(std::max({map[y][x], map[y][x + 1], map[y + 1][x], map[y + 1][x + 1]}));
    }
    std::vector<double> hidden;
    for (int u = 0; u < 7; ++u) {
      hidden.push_back(w("head.fc.bias", i(u)));
      for (std::size_t k = 0; k < 60; ++k) hidden.back() += w("head.fc.weight", i(u) * 60 + k) * flattened[k];
    }
    for (int u = 0; u < 2; ++u) {
      logits.push_back(0);
      for (std::size_t k = 0; k < 7; ++k) logits.back() += w("last", i(u) * 7 + k) * hidden[k];
    }
  }
  return logits;
}

/// Returns images (N,C,H,W) as a data set, channels last.
mn::dataset<float> channels_last(const std::vector<float>& images, int count) {
  mn::dataset<float> data({6, 10, 3}, std::vector<float>(images.size()), {});
  for (std::size_t n = 0; n < static_cast<std::size_t>(count); ++n)
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t p = 0; p < 60; ++p) data.images[(n * 60 + p) * 3 + c] = images[(n * 3 + c) * 60 + p];
  return data;
}

template <class Network>
std::vector<std::vector<float>> arrays_of(Network& net) {
  std::vector<std::vector<float>> result;
  net.arrays([&](std::string_view, std::string_view, std::span<float> v) { result.emplace_back(v.begin(), v.end()); });
  return result;
}

/// Returns the error for tensors or names that do not fit the network, and checks that the network stays unchanged.
template <class Model = real_net>
std::string refusal(const mn::tensors& from, const mn::weight_names& with = names, mn::weight_options options = {}) {
  mn::network<Model> net{mn::seed{3}};
  const auto before = arrays_of(net);
  const std::string said = mn::read_weights(from, net, with, options).message();
  if (!said.empty()) CHECK(arrays_of(net) == before);
  return said;
}

template <class Change>
std::string refusal_after(Change change) {
  mn::tensors t = torch_weights();
  change(t);
  return refusal(t);
}

}  // namespace

TEST_SUITE("exchange/weights") {
  TEST_CASE("a network with PyTorch's weights computes what PyTorch computes") {
    const mn::tensors weights = torch_weights();
    mn::network<real_net> net{mn::seed{1}};
    const auto images = draw({5, 3, 6, 10}, 77);
    (void)mn::logits(net, channels_last(images, 5));  // prepares packed weights, which loading must invalidate
    mn::load_weights(net, weights, names);
    const auto found = mn::logits(net, channels_last(images, 5));
    const auto expected = torch_logits(weights, images, 5);
    REQUIRE_EQ(found.size(), expected.size());
    for (std::size_t k = 0; k < found.size(); ++k)
      CHECK(static_cast<double>(found[k]) == doctest::Approx(expected[k]).epsilon(1e-5));
  }

  TEST_CASE("weights that are exported are those that were loaded") {
    mn::tensors weights = torch_weights();
    mn::network<real_net> net{mn::seed{1}};
    mn::load_weights(net, weights, names);
    weights.erase("features.1.num_batches_tracked");
    CHECK(mn::export_weights(net, names) == weights);
    // The full-precision (latent) weights of a quantized network are exported unchanged too.
    mn::network<small_net> small{mn::seed{1}};
    mn::load_weights(small, weights, names);
    CHECK(mn::export_weights(small, names) == weights);
  }

  TEST_CASE("a number keeps its place: filter, channel, row, column") {
    mn::network<real_net> net{mn::seed{1}};
    mn::tensors weights = torch_weights();
    for (auto& [name, t] : weights)
      for (std::size_t k = 0; k < t.values.size(); ++k) t.values[k] = static_cast<float>(k);
    mn::load_weights(net, weights, names);
    const auto& conv = net.layer<"0">().weights();
    CHECK_EQ(conv(2, 1, 3, 0), ((2 * 3 + 0) * 3 + 1) * 5 + 3);
    CHECK_EQ(conv(3, 2, 4, 2), ((3 * 3 + 2) * 3 + 2) * 5 + 4);
    // Checks one weight of the dense layer that reads the flattened map (3,5,4): row 2, column 1, channel 3.
    CHECK_EQ(net.layer<"4">().weights()(6, 0, 0, (2 * 5 + 1) * 4 + 3), 6 * 60 + (3 * 3 + 2) * 5 + 1);
    CHECK_EQ(net.layer<"6">().weights()(1, 0, 0, 4), 11);
  }

  TEST_CASE("weights of a signal's convolution may have Conv1d's three extents") {
    struct signal : mn::model<mn::signal<2, 9>, mn::conv<3, mn::real, mn::kernel<1, 5>>> {};
    mn::network<signal> three{mn::seed{1}}, four{mn::seed{2}};
    const auto values = draw({3, 2, 5}, 1);
    mn::load_weights(three, {{"c.weight", {{3, 2, 5}, values}}}, {{"0", "c"}});
    mn::load_weights(four, {{"c.weight", {{3, 2, 1, 5}, values}}}, {{"0", "c"}});
    CHECK(arrays_of(three) == arrays_of(four));
    CHECK_EQ(three.layer<"0">().weights()(1, 0, 3, 1), values[(1 * 2 + 1) * 5 + 3]);
    CHECK_EQ(refusal<signal>({{"c.weight", {{3, 5, 2}, values}}}, {{"0", "c"}}),
             "tensor 'c.weight': expected the shape (3, 2, 5) for 'weights' of layer 0, found (3, 5, 2) of 30 numbers");
    // The weights of a convolution on a signal are exported in Conv1d's shape. For a convolution on an image of one
    // row, both shapes can be loaded, and Conv2d's shape is exported.
    CHECK(mn::export_weights(four, {{"0", "c"}}) == mn::tensors{{"c.weight", {{3, 2, 5}, values}}});
    struct row : mn::model<mn::image<2, 1, 9>, mn::conv<3, mn::real, mn::kernel<1, 5>>> {};
    mn::network<row> image{mn::seed{1}};
    mn::load_weights(image, {{"c.weight", {{3, 2, 5}, values}}}, {{"0", "c"}});
    CHECK(mn::export_weights(image, {{"0", "c"}}) == mn::tensors{{"c.weight", {{3, 2, 1, 5}, values}}});
  }

  TEST_CASE("weights of groups have the channels of one group") {
    struct grouped : mn::model<mn::image<6, 5, 5>, mn::conv<4, mn::minw<1, 1>, mn::groups<2>>,
                               mn::depthwise_conv<mn::integer<4>>> {};
    const mn::weight_names both{{"0", "g"}, {"1", "d"}};
    const mn::tensors weights{{"g.weight", {{4, 3, 3, 3}, draw({4, 3, 3, 3}, 1)}},
                              {"d.weight", {{4, 1, 3, 3}, draw({4, 1, 3, 3}, 2)}}};
    mn::network<grouped> net{mn::seed{1}};
    mn::load_weights(net, weights, both);
    CHECK_EQ(net.layer<"0">().weights()(3, 1, 2, 0), weights.at("g.weight").values[((3 * 3 + 0) * 3 + 1) * 3 + 2]);
    CHECK_EQ(net.layer<"1">().weights()(2, 1, 2, 0), weights.at("d.weight").values[(2 * 3 + 1) * 3 + 2]);
    CHECK(mn::export_weights(net, both) == weights);
    CHECK_EQ(refusal<grouped>({{"g.weight", {{4, 6, 3, 3}, draw({4, 6, 3, 3}, 1)}}}, both),
             "tensor 'g.weight': expected the shape (4, 3, 3, 3) for 'weights' of layer 0, found (4, 6, 3, 3) of 216 "
             "numbers");
  }

  TEST_CASE("logits of random weights have the layout of weights, and keep their names") {
    struct of_logits : mn::model<mn::image<3, 5, 5>, mn::conv<4, mn::scheme<mn::real, mn::ternary<>>>,
                                 mn::dense<2, mn::scheme<mn::real, mn::sign>>> {};
    using random_weights = mn::network<of_logits, mn::local_reparameterization<>>;
    const mn::weight_names both{{"0", "c"}, {"1", "d"}};
    const mn::tensors weights{{"c.zero_logits", {{4, 3, 3, 3}, draw({4, 3, 3, 3}, 1)}},
                              {"c.sign_logits", {{4, 3, 3, 3}, draw({4, 3, 3, 3}, 2)}},
                              {"d.logits", {{2, 100}, draw({2, 100}, 3)}}};
    random_weights net{mn::seed{1}};
    mn::load_weights(net, weights, both);
    CHECK(mn::export_weights(net, both) == weights);
    bool seen = false;
    net.arrays([&](std::string_view, std::string_view name, std::span<float> values) {
      if (name != "sign_logits") return;
      seen = true;
      // Filter 2, row 1, column 0, channel 2.
      CHECK_EQ(values[((2 * 3 + 1) * 3 + 0) * 3 + 2],
               weights.at("c.sign_logits").values[((2 * 3 + 2) * 3 + 1) * 3 + 0]);
    });
    CHECK(seen);
    // The codes follow the logits that were loaded.
    const auto codes = net.layer<"1">().quantize("1").codes;
    const auto& logits = weights.at("d.logits").values;
    for (std::size_t unit = 0; unit < 2; ++unit)
      for (std::size_t pixel = 0; pixel < 25; ++pixel)
        for (std::size_t c = 0; c < 4; ++c)
          CHECK_EQ(codes[unit * 100 + pixel * 4 + c], logits[unit * 100 + c * 25 + pixel] > 0 ? 1 : -1);
  }

  TEST_CASE("codes and scales follow the weights that were loaded, whatever was there before") {
    struct scaled : mn::model<mn::features<40>, mn::dense<30, mn::scheme<mn::real, mn::integer<4, mn::per_channel>>>,
                              mn::batch_norm, mn::dense<5, mn::scheme<mn::sign, mn::ternary<mn::mean_threshold<>>>>> {};
    const mn::dataset<float> data({1, 1, 40}, draw({20, 40}, 5), {});
    const mn::weight_names all{{"0", "a"}, {"1", "n"}, {"2", "b"}};
    mn::network<scaled> origin{mn::seed{1}}, fresh{mn::seed{2}}, used{mn::seed{3}};
    const mn::tensors weights = mn::export_weights(origin, all);
    used.parameters([](std::string_view, const mn::parameter& p) {
      for (float& v : p.value) v *= 1000;
    });
    (void)mn::logits(used, data);
    mn::load_weights(fresh, weights, all);
    mn::load_weights(used, weights, all);
    const auto expected = mn::logits(origin, data);
    CHECK(mn::logits(fresh, data) == expected);
    CHECK(mn::logits(used, data) == expected);
  }

  TEST_CASE("statistics of another network are not packed before new ones were taken") {
    mn::network<real_net> real{mn::seed{1}};
    mn::load_weights(real, torch_weights(), names);
    CHECK_EQ(real.layer<"2.0">().stale_statistics(), 0);
    mn::network<small_net> small{mn::seed{1}};
    mn::load_weights(small, torch_weights(), names);
    CHECK_THROWS_WITH_AS((void)mn::pack(small), doctest::Contains("call reestimate_batch_norm(net, data) first"),
                         mn::error);
    mn::reestimate_batch_norm(small, channels_last(draw({8, 3, 6, 10}, 3), 8));
    CHECK_NOTHROW((void)mn::pack(small));
  }

  TEST_CASE("a tensor that is missing, or has another shape, is named with what was expected and found") {
    CHECK_EQ(refusal_after([](mn::tensors& t) { t.erase("head.fc.bias"); }),
             "tensor 'head.fc.bias': expected it for 'bias' of layer 5, found none of this name among 9");
    CHECK_EQ(refusal_after([](mn::tensors& t) { t.at("features.0.weight").shape = {4, 3, 5, 3}; }),
             "tensor 'features.0.weight': expected the shape (4, 3, 3, 5) for 'weights' of layer 0, found (4, 3, 5, 3) "
             "of 180 numbers");
    CHECK_EQ(refusal_after([](mn::tensors& t) { t.at("head.fc.weight").shape = {7, 4, 3, 5}; }),
             "tensor 'head.fc.weight': expected the shape (7, 60) for 'weights' of layer 4, found (7, 4, 3, 5) of 420 "
             "numbers");
    CHECK_EQ(refusal_after([](mn::tensors& t) { t.at("last").shape = {14}; }),
             "tensor 'last': expected the shape (2, 7) for 'weights' of layer 6, found (14) of 14 numbers");
    CHECK_EQ(
        refusal_after([](mn::tensors& t) { t.at("features.1.running_var") = {{3}, {1, 1, 1}}; }),
        "tensor 'features.1.running_var': expected the shape (4) for 'variance' of layer 2.0, found (3) of 3 numbers");
    CHECK_EQ(refusal_after([](mn::tensors& t) { t.at("last").values.pop_back(); }),
             "tensor 'last': expected the shape (2, 7) for 'weights' of layer 6, found (2, 7) of 13 numbers");
  }

  TEST_CASE("numbers that are not finite are refused") {
    CHECK_EQ(refusal_after([](mn::tensors& t) { t.at("features.0.bias").values[2] = -INFINITY; }),
             "tensor 'features.0.bias': layer 1: expected finite numbers in 'bias', found -inf at index 2");
    CHECK_EQ(refusal_after([](mn::tensors& t) { t.at("features.1.running_var").values[3] = -1e-9f; }),
             "tensor 'features.1.running_var': layer 2.0: expected numbers of at least 0 in 'variance', found -1e-09 "
             "at index 3");
  }

  TEST_CASE("what could not be loaded again is not exported") {
    mn::network<real_net> net{mn::seed{1}};
    net.arrays([](std::string_view path, std::string_view name, std::span<float> values) {
      if (path == "4" && name == "weights") values[5] = NAN;
    });
    CHECK_THROWS_WITH_AS((void)mn::export_weights(net, names),
                         "weights: layer 4: expected finite numbers in 'weights', found nan at index 5", mn::error);
  }

  TEST_CASE("a tensor that no array takes is refused, or passed over when asked") {
    mn::tensors t = torch_weights();
    t["extra"] = {{1}, {1}};
    CHECK_EQ(refusal(t), "tensor 'extra': expected an array of the network that takes it, found none in the names");
    CHECK_EQ(refusal(t, names, {.allow_unused = true}), "");
  }

  TEST_CASE(
      "a tensor of a kind without floats is refused where an array takes it, and counts as any other where none does") {
    mn::tensors t = torch_weights();
    t.unreadable["extra"] = "F8_E4M3";
    CHECK_EQ(refusal(t), "tensor 'extra': expected an array of the network that takes it, found none in the names");
    CHECK_EQ(refusal(t, names, {.allow_unused = true}), "");
    t.erase("last");
    t.unreadable["last"] = "F8_E5M2";
    CHECK_EQ(refusal(t, names, {.allow_unused = true}),
             "tensor 'last': expected numbers of kind F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL "
             "for 'weights' of layer 6, found "
             "'F8_E5M2'");
  }

  TEST_CASE("an array without a name is refused, or left alone when asked") {
    mn::weight_names some = names;
    some.erase("4");
    CHECK_EQ(refusal(torch_weights(), some),
             "layer 4: expected a name for its 'weights' (of \"4\" for the module, or of \"4.weights\"), found none");
    CHECK_EQ(refusal(torch_weights(), some, {.allow_unnamed = true}),
             "tensor 'head.fc.weight': expected an array of the network that takes it, found none in the names");
    mn::network<real_net> net{mn::seed{1}};
    const auto before = net.layer<"4">().weights();
    mn::load_weights(net, torch_weights(), some, {.allow_unnamed = true, .allow_unused = true});
    CHECK(net.layer<"4">().weights() == before);
    CHECK_EQ(net.layer<"5">().values()(3), torch_weights().at("head.fc.bias").values[3]);
    CHECK_EQ(mn::export_weights(net, some, {.allow_unnamed = true}).size(), 8);
  }

  TEST_CASE("a name for what is not there is refused") {
    for (const char* path : {"3", "0.inputs", "2", "7", "0.bias", "features.0", ""}) {
      mn::weight_names more = names;
      more[path] = "x";
      CHECK_EQ(refusal<small_net>(torch_weights(), more),
               "names: expected the path of a layer with weights, or of one of its arrays, found '" +
                   std::string(path) + "'");
    }
  }

  TEST_CASE("the name of an array goes before that of its layer") {
    mn::weight_names more = names;
    more["2.0.gamma"] = "scale";
    mn::tensors t = torch_weights();
    t["scale"] = t.at("features.1.weight");
    t.erase("features.1.weight");
    CHECK_EQ(refusal(t, more), "");
  }

  TEST_CASE("two arrays of one name cannot be exported") {
    mn::weight_names same = names;
    same["2.0"] = "features.0";
    mn::network<real_net> net;
    CHECK_THROWS_WITH_AS(
        (void)mn::export_weights(net, same),
        "tensor 'features.0.weight': expected one array of this name, found a second, 'gamma' of layer 2.0", mn::error);
  }
}
