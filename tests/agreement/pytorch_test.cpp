#include <minnow/train/network.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/estimate/ste.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/train/loss.hpp>

namespace mn = minnow;

// Compares one training step of two networks, Models A and D, with PyTorch in double precision.
// fixtures/pytorch_step.py writes fixtures/pytorch_model_*.txt. It describes the networks, and how both sides draw the
// same parameters and images.
namespace {

template <int Filters, class Scheme = mn::minw<1, 1>>
using conv_unit = mn::chain<mn::conv<Filters, Scheme>, mn::batch_norm>;
template <int Filters>
using pooled_unit = mn::chain<mn::conv<Filters, mn::minw<1, 1>>, mn::max_pool<2>, mn::batch_norm>;
template <int Units>
using dense_unit = mn::chain<mn::dense<Units, mn::minw<1, 1>>, mn::batch_norm>;

template <int Filters, int Narrow, int Wide>
struct conv_net : mn::model<mn::image<3, 32, 32>,                                                        //
                            conv_unit<Filters, mn::scheme<mn::pixels, mn::sign>>, pooled_unit<Filters>,  //
                            conv_unit<2 * Filters>, pooled_unit<2 * Filters>, conv_unit<4 * Filters>,
                            pooled_unit<4 * Filters>, dense_unit<Narrow>, dense_unit<Wide>, dense_unit<10>> {
  static constexpr int channels[] = {Filters,     Filters, 2 * Filters, 2 * Filters, 4 * Filters,
                                     4 * Filters, Narrow,  Wide,        10};
};
struct model_a : conv_net<128, 512, 2048> {
  static constexpr const char* fixture = MINNOW_FIXTURES "/pytorch_model_a.txt";
};
struct model_d : conv_net<64, 128, 512> {
  static constexpr const char* fixture = MINNOW_FIXTURES "/pytorch_model_d.txt";
};

constexpr std::size_t tensors = 3 * std::size(model_d::channels);
enum stream : std::uint64_t { images, labels, signs, parameters };

struct gradient {
  std::string layer_and_name;
  double norm = 0;
  std::vector<double> projections;
};

/// The fixture's data for one estimator.
struct reference {
  mn::random root;
  int images = 0;
  double limit = 0;                         ///< the weights are within ±limit
  std::map<std::pair<int, int>, int> draw;  ///< (layer, channel) of parameters that were drawn again -> draw number
  double loss = 0;
  std::vector<double> logits;
  std::vector<gradient> gradients;
};

std::vector<double> rest_of(std::istringstream& line) {
  return {std::istream_iterator<double>(line), std::istream_iterator<double>()};
}

reference read_reference(const char* path, std::string_view estimator) {
  std::ifstream file(path);
  REQUIRE(file.is_open());
  reference result;
  std::string text, item, section;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    if (!(line >> item) || item == "#") continue;
    if (item == "estimator") line >> section;
    if (!section.empty() && section != estimator) continue;
    if (item == "seed") {
      mn::seed s;
      line >> s.value;
      result.root = mn::random(s);
    } else if (item == "images") {
      line >> result.images;
    } else if (item == "estimator") {
      line >> result.limit;
    } else if (item == "redrawn") {
      int layer = 0, channel = 0;
      line >> layer >> channel;
      line >> result.draw[{layer, channel}];
    } else if (item == "loss") {
      line >> result.loss;
    } else if (item == "logits") {
      result.logits = rest_of(line);
    } else if (item == "gradient") {
      gradient g;
      std::string name;
      line >> g.layer_and_name >> name >> g.norm;
      g.layer_and_name += " " + name;
      g.projections = rest_of(line);
      result.gradients.push_back(std::move(g));
    } else {
      FAIL("an item of no meaning: ", item);
    }
  }
  return result;
}

/// Draws the parameters in the same way as `draw_parameters` in fixtures/pytorch_step.py.
void draw_parameter(const reference& r, int layer, std::size_t count, const mn::parameter& p, std::size_t row) {
  const auto half = static_cast<std::uint64_t>(std::ldexp(r.limit, 15));
  const std::size_t each = p.value.size() / count;
  for (std::size_t c = 0; c < count; ++c) {
    const auto found = r.draw.find({layer, static_cast<int>(c)});
    const mn::random stream = r.root.stream(parameters)
                                  .stream(static_cast<std::uint64_t>(layer))
                                  .stream(c)
                                  .stream(found == r.draw.end() ? 0 : static_cast<std::uint64_t>(found->second));
    if (p.name == "weights") {
      for (std::size_t k = 0; k < each; ++k) {
        const auto i = static_cast<std::int64_t>(stream.at(k) % (2 * half)) - static_cast<std::int64_t>(half);
        p.value[c * each + k] = static_cast<float>(2 * i + 1) * 0x1p-16f;
      }
    } else if (p.name == "gamma") {
      const std::uint64_t bits = stream.at(row);
      const float magnitude = 0.5f + static_cast<float>(bits >> 48) * 0x1p-16f;
      p.value[c] = bits % 4 == 0 ? -magnitude : magnitude;
    } else {
      p.value[c] = (static_cast<float>(stream.at(row + 1) >> 48) - 0x1p15f) * 0x1p-17f;
    }
  }
}

mn::dataset<std::uint8_t> draw_images(const reference& r) {
  mn::dataset<std::uint8_t> batch;
  batch.dimensions = {32, 32, 3};
  batch.images.resize(static_cast<std::size_t>(r.images) * static_cast<std::size_t>(batch.dimensions.size()));
  for (std::size_t i = 0; i < batch.images.size(); ++i)
    batch.images[i] = static_cast<std::uint8_t>(r.root.stream(images).at(i) >> 56);
  for (int n = 0; n < r.images; ++n)
    batch.labels.push_back(static_cast<int>(r.root.stream(labels).at(static_cast<std::uint64_t>(n)) % 10));
  return batch;
}

/// Returns the norm of the difference d of two gradients, divided by the expected gradient's norm. The norm of d is
/// estimated from random projections: the mean of (s . d)^2 over vectors s of random signs is an unbiased estimate of
/// |d|^2. fixtures/pytorch_step.py documents the estimate's accuracy.
double relative_difference(const reference& r, std::size_t tensor, std::span<const float> found) {
  const gradient& expected = r.gradients[tensor];
  std::vector<double> projections(expected.projections.size());
  const mn::random stream = r.root.stream(signs).stream(tensor);
  for (std::size_t k = 0; k < found.size(); ++k) {
    const std::uint64_t bits = stream.at(k);
    const double g = static_cast<double>(found[k]);
    for (std::size_t j = 0; j < projections.size(); ++j) projections[j] += bits >> j & 1 ? -g : g;
  }
  double sum = 0;
  for (std::size_t j = 0; j < projections.size(); ++j) sum += std::pow(projections[j] - expected.projections[j], 2);
  return std::sqrt(sum / static_cast<double>(projections.size())) / expected.norm;
}

/// Returns the smallest distance between a pre-activation (the input of a quantizer) and a threshold: 0, 1 or -1.
/// Includes all quantizers except the image's.
template <class Network>
double nearest_threshold(Network& net) {
  double nearest = std::numeric_limits<double>::infinity();
  std::size_t index = 0;
  net.visit([&](std::string_view path, auto&) {
    if (index > 0 && path.ends_with(".inputs")) {
      mn::detail::for_values(net.result(index - 1), [&](std::size_t, const mn::detail::vector& a, auto count) {
        float values[mn::detail::lanes];
        mn::detail::store(values, a, mn::detail::whole{});
        for (int i = 0; i < static_cast<int>(count); ++i) {
          const double magnitude = std::fabs(static_cast<double>(values[i]));
          nearest = std::min({nearest, magnitude, std::fabs(magnitude - 1)});
        }
      });
    }
    ++index;
  });
  return nearest;
}

template <class Model, class Estimator>
void check_step() {
  const reference r = read_reference(Model::fixture, Estimator::name().view());
  REQUIRE_EQ(r.gradients.size(), tensors);

  mn::network<Model, Estimator> net;
  std::size_t tensor = 0;
  std::size_t row = 0;
  net.parameters([&](std::string_view, const mn::parameter& p) {
    const int layer = static_cast<int>(tensor++ / 3);
    const auto channels = static_cast<std::size_t>(Model::channels[layer]);
    if (p.name == "weights") row = p.value.size() / channels;
    draw_parameter(r, layer, channels, p, row);
  });
  REQUIRE_EQ(tensor, tensors);

  const auto batch = draw_images(r);
  const mn::pass p{.mode = mn::mode::train, .alpha = 0.5f};
  net.take(batch, 0, batch.size());
  const auto logits = net.forward(p);
  CHECK_GT(nearest_threshold(net), 1e-5);

  REQUIRE_EQ(logits.size(), r.logits.size());
  for (std::size_t i = 0; i < logits.size(); ++i)
    CHECK_EQ(static_cast<double>(logits[i]), doctest::Approx(r.logits[i]).epsilon(1e-5));
  std::vector<float> logit_gradient(logits.size());
  CHECK_EQ(mn::cross_entropy{}(logits, batch.labels, logit_gradient), doctest::Approx(r.loss).epsilon(1e-6));

  net.backward(logit_gradient, p);
  tensor = 0;
  net.parameters([&](std::string_view path, const mn::parameter& parameter) {
    CAPTURE(path);
    const gradient& expected = r.gradients[tensor];
    CHECK_EQ(std::to_string(tensor / 3) + " " + std::string(parameter.name), expected.layer_and_name);
    CHECK_EQ(expected.projections.size(), 16);
    CHECK_LE(relative_difference(r, tensor, parameter.gradient), 1e-4);
    ++tensor;
  });
}

}  // namespace

TEST_SUITE("agreement/pytorch") {
  TEST_CASE("a step of Model D with ste has PyTorch's gradients") { check_step<model_d, mn::ste>(); }
  TEST_CASE("a step of Model D with aqe has PyTorch's gradients") { check_step<model_d, mn::aqe>(); }
  TEST_CASE("a step of Model A with ste has PyTorch's gradients") { check_step<model_a, mn::ste>(); }
  TEST_CASE("a step of Model A with aqe has PyTorch's gradients") { check_step<model_a, mn::aqe>(); }
}
