#include <minnow/pack/ends/tflite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/files/model_file.hpp>
#include <minnow/infer/session.hpp>
#include <minnow/infer/summary.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/quantize/methods/given.hpp>

#include "system/data_files.hpp"
#include "tflite_reference.hpp"

using namespace minnow;

namespace {

namespace lite = tflite_reference;

using lite_inputs = given_affine<8>;
using lite_weights = given_integer<-127, 127, per_channel>;
using lite_scheme = scheme<lite_inputs, lite_weights>;

/// A network of each kind of stage: strides with TensorFlow's padding, fused activations, a depthwise convolution, a
/// sum of two maps with other scales, a max pool, an average pool, one scale of all weights, codes as logits.
struct lite_net
    : model<image<3, 9, 9>, conv<6, lite_scheme, stride<2>, same>, bias, relu6,
            residual<chain<conv<6, lite_weights>, bias, relu, depthwise_conv<lite_scheme>, bias, quantize<lite_inputs>>,
                     chain<>, lite_inputs>,
            relu, conv<18, lite_scheme, kernel<1>>, bias, max_pool<2>, quantize<lite_inputs>, average_pool<2>,
            dense<5, scheme<lite_inputs, given_integer<-127, 127>>>, bias, quantize<lite_inputs>> {};

/// A product whose bias has more than 23 bits.
struct lite_biases : model<features<1024>, dense<3, lite_scheme>, bias, bias, quantize<lite_inputs>> {};

/// Draws all numbers of a `lite_net`, and keeps them for the reference.
struct lite_numbers {
  std::map<std::string, std::pair<float, int>, std::less<>>
      codes;  ///< scale and TensorFlow Lite's zero point of a quantizer
  std::map<std::string, lite::filters, std::less<>> weights;

  explicit lite_numbers(network<lite_net>& net, std::uint64_t draws) {
    minnow::random r(seed{draws});
    float input_scale = 1;
    std::string product;
    std::map<std::string, std::vector<float>, std::less<>> latent;
    net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      const std::string at(path);
      if (name == "state" &&
          (at.ends_with("inputs") || at.ends_with("carrier") || at == "3.body.5" || at == "8" || at == "12")) {
        // The pool keeps scale and zero point.
        codes[at] = at == "10.inputs" ? codes.at("8") : std::pair{r.uniform(0.02f, 0.05f), r.below(200) - 100};
        values[0] = codes[at].first;
        values[1] = static_cast<float>(codes[at].second + 128);
        if (at.ends_with("inputs") || at.ends_with("carrier")) input_scale = values[0];
      } else if (name == "weights") {
        product = at;
        for (std::size_t i = 0; i < values.size(); ++i) weights[at].q.push_back(r.below(255) - 127);
      } else if (name == "state") {
        for (float& s : values) weights[at].scales.push_back(s = r.uniform(0.001f, 0.02f));
      } else if (name == "bias") {
        lite::filters& w = weights[product];
        for (std::size_t f = 0; f < values.size(); ++f) {
          w.bias.push_back(static_cast<std::int32_t>(r.below(40000) - 20000));
          values[f] = static_cast<float>(static_cast<double>(w.bias[f]) * static_cast<double>(input_scale) *
                                         static_cast<double>(w.scales[w.scales.size() == 1 ? 0 : f]));
        }
      }
    });
    net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      if (name != "weights") return;
      const lite::filters& w = weights.find(path)->second;
      const std::size_t row = values.size() / (w.scales.size() == 1 ? 1 : w.scales.size());
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(w.q[i]) * w.scales[i / row];
    });
  }
  [[nodiscard]] lite::map map_of(std::string_view quantizer) const {
    const auto& [scale, zero] = codes.find(quantizer)->second;
    return {{}, {}, scale, zero};
  }

  /// Returns the maps that the quantizers of the network write, by path.
  [[nodiscard]] std::map<std::string, lite::map, std::less<>> run(const std::vector<int>& image, bool once) const {
    using graph = layer_graph<lite_net>;
    std::map<std::string, lite::map, std::less<>> m;
    lite::map in = map_of("0.inputs");
    in.s = graph::input;
    in.q = image;
    const auto w = [&](const char* path) -> const lite::filters& { return weights.find(path)->second; };
    // TensorFlow's padding of a 3x3 window with stride 2 over 9 rows is one row on each side.
    m["3.carrier"] =
        lite::product(in, window_over({9, 9, 3}, 6, {3, 3}, {2, 2}, {1, 1}), w("0"), map_of("3.carrier"), {0, 6}, once);
    m["3.body.3.inputs"] = lite::product(m["3.carrier"], window_over({5, 5, 6}, 6, {3, 3}, {1, 1}, {1, 1}),
                                         w("3.body.0"), map_of("3.body.3.inputs"), {.low = 0}, once);
    m["3.body.5"] = lite::product(m["3.body.3.inputs"], window_over({5, 5, 6}, 6, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 6),
                                  w("3.body.3"), map_of("3.body.5"), {});
    m["5.inputs"] = lite::add(m["3.body.5"], m["3.carrier"], map_of("5.inputs"), {.low = 0});
    const auto unpooled =
        lite::product(m["5.inputs"], window_over({5, 5, 6}, 18, {1, 1}, {1, 1}, {0, 0}), w("5"), map_of("8"), {}, once);
    m["8"] = lite::pool(unpooled, 2, false);
    m["10.inputs"] = lite::pool(m["8"], 2, true);
    m["12"] = lite::product(m["10.inputs"], dense_over({1, 1, 18}, 5), w("10"), map_of("12"), {}, once, true);
    return m;
  }
};

/// Collects the bytes of all maps, by the path of the quantizer.
struct lite_maps final : trace {
  std::map<std::string, std::vector<int>, std::less<>> found;
  void map(std::size_t layer, const std::byte* packed) noexcept override {
    std::vector<int>& to = found[std::string(layer_graph<lite_net>::paths[layer].view())];
    for (int i = 0; i < sizes[layer]; ++i) to.push_back(static_cast<int>(packed[i]) - 128);
  }
  static constexpr auto sizes = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<int, sizeof...(I)>{layer_graph<lite_net>::template out<I>.size()...};
  }(std::make_index_sequence<layer_graph<lite_net>::count>{});
};

/// Compares packed networks with the reference.
template <template <class> class Form>
void check_lite_net(bool once) {
  for (const std::uint64_t draws : {1u, 2u, 3u}) {
    network<lite_net> net;
    const lite_numbers numbers(net, draws);
    const data_files::folder folder;
    save(pack<Form>(net), folder.path("lite.mnw"));
    const auto packed_net = load<packed<Form<lite_net>>>(folder.path("lite.mnw"));
    session<packed<Form<lite_net>>> s(packed_net);
    minnow::random r(seed{draws + 100});
    const auto [scale, zero] = numbers.codes.at("0.inputs");
    std::vector<float> logits(5);
    for (int n = 0; n < 40; ++n) {
      std::vector<int> image;
      std::vector<float> values;
      for (int i = 0; i < 9 * 9 * 3; ++i) {
        image.push_back(r.below(256) - 128);
        values.push_back(static_cast<float>(image.back() - zero) * scale);
      }
      const auto expected = numbers.run(image, once);
      lite_maps found;
      s.run(std::span<const float>(values), std::span(logits), &found);
      REQUIRE(found.found.at("0.inputs") == image);
      for (const char* path : {"3.carrier", "3.body.3.inputs", "3.body.5", "5.inputs", "8", "10.inputs"}) {
        CAPTURE(path);
        CHECK(found.found.at(path) == expected.find(path)->second.q);
      }
      const lite::map& last = expected.find("12")->second;
      for (std::size_t u = 0; u < 5; ++u)
        CHECK(logits[u] == static_cast<float>(last.q[u] - last.zero_point) * last.scale);
    }
    CHECK(std::string(summary(packed_net)).find("TensorFlow Lite") != std::string::npos);
  }
}

}  // namespace

TEST_SUITE("pack/ends/tflite") {
  TEST_CASE("every map and the logits of a packed network follow the specification, bit for bit") {
    check_lite_net<tflite_fixed_point>(false);
  }
  TEST_CASE("every map and the logits follow the specification with one rounding in convolutions") {
    check_lite_net<tflite_ruy>(true);
  }

  TEST_CASE("two biases add up to a bias of more than 23 bits, exactly") {
    constexpr std::size_t columns = 1024, units = 3;
    minnow::random r(seed{7});
    for (int draw = 0; draw < 20; ++draw) {
      network<lite_biases> net;
      // One code of the outputs is one unit of the sums. Each bias takes a large sum next to 0.
      lite::map in{{1, 1, columns}, {}, r.uniform(0.02f, 0.05f), -128};
      lite::map out{{}, {}, 0, 3};
      lite::filters w{{}, std::vector<float>(units, r.uniform(0.001f, 0.02f)), {}};
      out.scale = in.scale * w.scales[0];
      const double unit = static_cast<double>(in.scale) * static_cast<double>(w.scales[0]);
      std::vector<float> values;
      for (std::size_t i = 0; i < columns; ++i) {
        in.q.push_back(r.below(100) + 28);
        values.push_back(static_cast<float>(in.q[i] + 128) * in.scale);
      }
      for (std::size_t u = 0; u < units; ++u) {
        w.bias.push_back(r.below(200) - 100);
        for (std::size_t i = 0; i < columns; ++i) {
          w.q.push_back(r.below(28) + 100);
          w.bias[u] -= (in.q[i] + 128) * w.q.back();
        }
        REQUIRE(w.bias[u] < -(1 << 23));
      }
      std::vector<float> first;
      net.arrays([&](std::string_view path, std::string_view name, std::span<float> to) {
        if (path == "0.inputs") to[0] = in.scale, to[1] = 0;
        if (path == "3") to[0] = out.scale, to[1] = static_cast<float>(out.zero_point + 128);
        for (std::size_t i = 0; i < to.size(); ++i) {
          if (path == "0" && name == "state") to[i] = w.scales[i];
          if (path == "0" && name == "weights") to[i] = static_cast<float>(w.q[i]) * w.scales[0];
          if (path == "1") first.push_back(to[i] = static_cast<float>(w.bias[i] * unit));
          if (path == "2")
            to[i] = static_cast<float>((w.bias[i] - std::round(static_cast<double>(first[i]) / unit)) * unit);
        }
      });
      const auto packed_net = pack<tflite_fixed_point>(net);
      session<packed<tflite_fixed_point<lite_biases>>> s(packed_net);
      std::vector<float> logits(units);
      s.run(std::span<const float>(values), std::span(logits));
      const lite::map expected = lite::product(in, dense_over({1, 1, columns}, units), w, out, {});
      for (std::size_t u = 0; u < units; ++u)
        CHECK(logits[u] == static_cast<float>(expected.q[u] - out.zero_point) * out.scale);
    }
  }

  TEST_CASE("an average pool that changes the scale, and a bias beyond 32 bits, are refused") {
    const auto refused = [](auto change) {
      network<lite_net> net;
      const lite_numbers numbers(net, 1);
      net.arrays(change);
      try {
        (void)pack<tflite_fixed_point>(net);
      } catch (const error& e) {
        return std::string(e.what());
      }
      return std::string();
    };
    CHECK(refused([](std::string_view path, std::string_view, std::span<float> v) {
            if (path == "10.inputs") v[0] *= 2;
          }).find("pack: layer 9: expected the scale and the zero point of the average's inputs") == 0);
    CHECK(refused([](std::string_view path, std::string_view, std::span<float> v) {
            if (path == "6") v[3] = 1e9f;
          }).find("pack: layer 5: expected a bias below 2^31 units of its sums") == 0);
  }
}
