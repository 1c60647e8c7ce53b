#if defined(MINNOW_TEST_SAFETENSORS)

#include <minnow/exchange/imported.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/quantize/methods.hpp>

#include "random_numbers.hpp"
#include "system/data_files.hpp"

namespace mn = minnow;

namespace {

/// A network of another library: thresholds, given scales, a zero point, a measured quantizer (integer<4>), and a batch
/// norm.
struct foreign_net
    : mn::model<mn::features<6>, mn::dense<9, mn::scheme<mn::given_integer<-7, 7>, mn::given_sign<mn::per_channel>>>,
                mn::multi_threshold<3>,
                mn::dense<8, mn::scheme<mn::given_integer<0, 3>, mn::given_integer<-8, 7, mn::per_channel>>>,
                mn::batch_norm, mn::dense<4, mn::scheme<mn::given_affine<4>, mn::integer<4>>>, mn::bias> {};

const mn::weight_names foreign_names{{"0", "fc0"},
                                     {"0.inputs", "fc0.inputs"},
                                     {"1", "act0"},
                                     {"2", "fc1"},
                                     {"2.inputs", "fc1.inputs"},
                                     {"3", "norm"},
                                     {"4", "fc2"},
                                     {"4.inputs", "fc2.inputs"},
                                     {"5", "fc2"},
                                     {"4.state", "fc2.weight_scale"}};

mn::tensors foreign_tensors() {
  mn::tensors t;
  const auto add = [&](const char* name, std::vector<std::uint64_t> shape, float low, float high) {
    std::size_t count = 1;
    for (const auto extent : shape) count *= extent;
    t[name] = {shape, mn::test::uniform(count, t.size() + 1, low, high)};
  };
  add("fc0.weight", {9, 6}, -1, 1);
  add("fc0.state", {9}, 0.1f, 0.7f);
  t["fc0.inputs.state"] = {{1}, {0.3f}};
  add("act0.thresholds", {9, 3}, -3, 3);
  t["act0.step"] = {{1}, {0.5f}};
  t["act0.offset"] = {{}, {0}};  // a scalar
  add("fc1.weight", {8, 9}, -3, 3);
  add("fc1.state", {8}, 0.1f, 0.4f);
  t["fc1.inputs.state"] = {{1}, {0.5f}};
  add("norm.weight", {8}, -1, 1);
  add("norm.bias", {8}, -1, 1);
  add("norm.running_mean", {8}, -1, 1);
  add("norm.running_var", {8}, 0.5f, 2);
  add("fc2.weight", {4, 8}, -1, 1);
  t["fc2.weight_scale"] = {{1}, {0.14f}};
  t["fc2.inputs.state"] = {{2}, {0.25f, 7}};
  add("fc2.bias", {4}, -1, 1);
  t["normalization.mean"] = {{6}, std::vector<float>(6, 0.25f)};
  t["normalization.stddev"] = {{6}, std::vector<float>(6, 0.5f)};
  return t;
}

double code_in(double x, double scale, double lowest, double highest) {
  return std::min(std::max(std::nearbyint(x / scale), lowest), highest);
}

/// The logits of one image, in double precision. `margin` becomes the smallest distance of a number that is rounded
/// from the middle between two codes, or from a threshold.
std::vector<double> foreign_logits(const mn::tensors& t, std::span<const float> image, double& margin) {
  const auto at = [&](const char* name, std::size_t i) { return static_cast<double>(t.at(name).values.at(i)); };
  const auto coded = [&](double x, double scale, double lowest, double highest) {
    const double place = x / scale;
    margin = std::min(margin, std::abs(place - std::floor(place) - 0.5));
    return code_in(x, scale, lowest, highest);
  };
  std::vector<double> x;
  for (const float v : image)
    x.push_back(coded((static_cast<double>(v) - 0.25) / 0.5, at("fc0.inputs.state", 0), -7, 7) *
                at("fc0.inputs.state", 0));
  std::vector<double> first, second, third;
  for (std::size_t u = 0; u < 9; ++u) {
    double sum = 0;
    for (std::size_t k = 0; k < 6; ++k) sum += x[k] * (at("fc0.weight", u * 6 + k) >= 0 ? 1 : -1) * at("fc0.state", u);
    double reached = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double threshold = at("act0.thresholds", u * 3 + k);
      margin = std::min(margin, std::abs(sum - threshold));
      reached += sum >= threshold;
    }
    first.push_back(0.5 * reached);
  }
  for (std::size_t u = 0; u < 8; ++u) {
    double sum = 0;
    for (std::size_t k = 0; k < 9; ++k)
      sum += first[k] * code_in(at("fc1.weight", u * 9 + k), at("fc1.state", u), -8, 7) * at("fc1.state", u);
    const double y =
        (sum - at("norm.running_mean", u)) / std::sqrt(at("norm.running_var", u) + 1e-5) * at("norm.weight", u) +
        at("norm.bias", u);
    second.push_back(coded(y, 0.25, -7, 8) * 0.25);
  }
  for (std::size_t u = 0; u < 4; ++u) {
    double sum = at("fc2.bias", u);
    const double scale = at("fc2.weight_scale", 0);
    for (std::size_t k = 0; k < 8; ++k) sum += second[k] * code_in(at("fc2.weight", u * 8 + k), scale, -7, 7) * scale;
    third.push_back(sum);
  }
  return third;
}

std::string refused(mn::tensors t) {
  const data_files::folder folder;
  const std::string path = folder.path("net.safetensors");
  mn::save_safetensors(t, path);
  mn::network<foreign_net> net;
  const mn::tensors before = mn::export_imported(net, foreign_names);
  const mn::status outcome = mn::read_imported(path.c_str(), net, foreign_names);
  CHECK_FALSE(outcome);
  CHECK(mn::export_imported(net, foreign_names) == before);
  return outcome.message();
}

}  // namespace

TEST_SUITE("exchange/imported") {
  TEST_CASE("an imported network, and its packed form, compute the formula; the file is written again") {
    const data_files::folder folder;
    const std::string path = folder.path("net.safetensors");
    const mn::tensors t = foreign_tensors();
    mn::save_safetensors(t, path);
    mn::network<foreign_net> net;
    mn::load_imported(net, path, foreign_names);

    const std::vector<float> images = mn::test::uniform(200 * 6, 99, -2, 2);
    const mn::dataset<float> data({1, 1, 6}, images, std::vector<int>(200));
    net.take(data, 0, 200);
    const auto trained = net.forward({});
    const auto packed = mn::pack(net).run(std::span<const float>(images));
    int compared = 0;
    for (std::size_t n = 0; n < 200; ++n) {
      double margin = 1;
      const auto expected = foreign_logits(t, std::span(images).subspan(n * 6, 6), margin);
      for (std::size_t u = 0; u < 4; ++u) CHECK(packed[n * 4 + u] == trained[n * 4 + u]);
      if (margin < 1e-5) continue;
      ++compared;
      for (std::size_t u = 0; u < 4; ++u)
        CHECK(static_cast<double>(packed[n * 4 + u]) == doctest::Approx(expected[u]).epsilon(1e-5));
    }
    CHECK(compared > 180);

    mn::tensors again = t;
    again.at("act0.offset").shape = {1};
    CHECK(mn::export_imported(net, foreign_names) == again);
  }

  TEST_CASE("weights that could not be measured before are replaced with their states") {
    const data_files::folder folder;
    const std::string path = folder.path("net.safetensors");
    mn::save_safetensors(foreign_tensors(), path);
    mn::network<foreign_net> net;
    net.arrays([](std::string_view, std::string_view name, std::span<float> values) {
      if (name == "weights") values[0] = std::nanf("");
    });
    mn::load_imported(net, path, foreign_names);
    mn::tensors expected = foreign_tensors();
    expected.at("act0.offset").shape = {1};
    CHECK(mn::export_imported(net, foreign_names) == expected);
  }

  TEST_CASE("files that do not fit are refused by name, and the network stays as it was") {
    auto t = foreign_tensors();
    t.erase("fc1.state");
    CHECK(refused(t).find("fc1.state") != std::string::npos);
    t = foreign_tensors();
    t["fc1.state"] = {{9}, std::vector<float>(9, 1.0f)};
    CHECK(refused(t).find("tensor 'fc1.state': expected the shape (8) for 'state' of layer 2, found (9)") !=
          std::string::npos);
    t = foreign_tensors();
    t.at("act0.thresholds").shape = {3, 9};
    CHECK(refused(t).find("tensor 'act0.thresholds': expected the shape (9, 3)") != std::string::npos);
    t = foreign_tensors();
    t.at("fc0.state").values[3] = -1;
    CHECK(refused(t).find("layer 0: expected a quantizer's state inside its bounds") != std::string::npos);
    t = foreign_tensors();
    t.at("fc2.inputs.state").values[1] = 16;
    CHECK(refused(t).find("layer 4.inputs: expected a quantizer's state inside its bounds") != std::string::npos);
    t = foreign_tensors();
    t["extra"] = {{1}, {0}};
    CHECK(refused(t).find("extra") != std::string::npos);
    t = foreign_tensors();
    t.at("normalization.stddev").values[0] = 0;
    CHECK(refused(t).find("normalization") != std::string::npos);
  }

  TEST_CASE("without .states, states are neither read nor written, and given states are kept") {
    mn::network<foreign_net> net;
    mn::weight_names names = foreign_names;
    std::erase_if(names, [](const auto& n) { return n.first.ends_with("inputs") || n.first.ends_with("state"); });
    net.arrays([](std::string_view path, std::string_view name, std::span<float> values) {
      if (path == "0" && name == "state") values[2] = 0.5f;
    });
    const mn::tensors weights = mn::export_weights(net, names);
    CHECK(!weights.contains("fc0.state"));
    mn::load_weights(net, weights, names);
    CHECK(mn::export_imported(net, foreign_names).at("fc0.state").values[2] == 0.5f);
    // Statistics count as stale, so packing refuses.
    CHECK_THROWS_AS((void)mn::pack(net), mn::error);
  }
}

#endif
