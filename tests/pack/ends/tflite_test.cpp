#include <minnow/pack/ends/tflite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
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

#include "random_numbers.hpp"
#include "system/data_files.hpp"

using namespace minnow;

// TensorFlow Lite's published 8-bit quantization specification, in plain loops over signed 8-bit integers.
namespace tflite_reference {

/// A real factor as q · 2^(shift - 31).
struct factor {
  std::int64_t q;
  int shift;
};
factor factor_of(double real) {
  int shift = 0;
  for (; real >= 1; real /= 2) ++shift;
  for (; real < 0.5; real *= 2) --shift;
  const auto q = static_cast<std::int64_t>(std::llround(real * 0x1p31));
  return q == std::int64_t{1} << 31 ? factor{q / 2, shift + 1} : factor{q, shift};
}
/// The high half of a doubled product, rounded to nearest, then a division by a power of two, rounded to nearest.
std::int64_t times(std::int64_t x, factor f) {
  const std::int64_t high = (x * (std::int64_t{1} << std::max(f.shift, 0)) * f.q + (std::int64_t{1} << 30)) >> 31;
  return std::llround(std::ldexp(static_cast<double>(high), std::min(f.shift, 0)));
}

/// One rounding, ties up.
std::int64_t times_once(std::int64_t x, factor f) {
  const int shift = 31 - f.shift;
  return (x * f.q + (std::int64_t{1} << (shift - 1))) >> shift;
}

struct map {
  shape s;
  std::vector<int> q;
  float scale;
  int zero_point;
};
struct limits {
  double low = -1e9;
  double high = 1e9;
};

int clamped(std::int64_t code, const map& to, limits act) {
  const double low = std::max(-128.0, to.zero_point + std::round(act.low / static_cast<double>(to.scale)));
  const double high = std::min(127.0, to.zero_point + std::round(act.high / static_cast<double>(to.scale)));
  return static_cast<int>(std::clamp(static_cast<double>(code + to.zero_point), low, high));
}

struct filters {
  std::vector<int> q;  ///< (filters, height, width, channels of a group)
  std::vector<float> scales;
  std::vector<std::int32_t> bias;
};

map product(const map& in, const geometry& g, const filters& w, map to, limits act, bool once = false,
            bool float_product = false) {
  to.s = g.out;
  for (int y = 0; y < g.out.height; ++y)
    for (int x = 0; x < g.out.width; ++x)
      for (int f = 0; f < g.out.channels; ++f) {
        std::int64_t sum = w.bias[static_cast<std::size_t>(f)];
        const int per_group = g.out.channels / g.groups, channels = g.in.channels / g.groups;
        for (int ky = 0; ky < g.kernel.height; ++ky)
          for (int kx = 0; kx < g.kernel.width; ++kx)
            for (int c = 0; c < channels; ++c) {
              const int iy = y * g.stride.height + ky - g.padding.height,
                        ix = x * g.stride.width + kx - g.padding.width;
              if (iy < 0 || iy >= g.in.height || ix < 0 || ix >= g.in.width) continue;
              const int channel = f / per_group * channels + c;
              sum +=
                  (in.q[static_cast<std::size_t>((iy * g.in.width + ix) * g.in.channels + channel)] - in.zero_point) *
                  w.q[static_cast<std::size_t>(((f * g.kernel.height + ky) * g.kernel.width + kx) * channels + c)];
            }
        const float scale = w.scales[w.scales.size() == 1 ? 0 : static_cast<std::size_t>(f)];
        const double both = float_product ? static_cast<double>(in.scale * scale)
                                          : static_cast<double>(in.scale) * static_cast<double>(scale);
        const factor f_out = factor_of(both / static_cast<double>(to.scale));
        to.q.push_back(clamped(once ? times_once(sum, f_out) : times(sum, f_out), to, act));
      }
  return to;
}

map add(const map& a, const map& b, map to, limits act) {
  to.s = a.s;
  const double twice = 2 * static_cast<double>(std::max(a.scale, b.scale));
  const factor fa = factor_of(static_cast<double>(a.scale) / twice),
               fb = factor_of(static_cast<double>(b.scale) / twice),
               f_sum = factor_of(twice / ((1 << 20) * static_cast<double>(to.scale)));
  for (std::size_t i = 0; i < a.q.size(); ++i) {
    const std::int64_t sum =
        times(std::int64_t{a.q[i] - a.zero_point} << 20, fa) + times(std::int64_t{b.q[i] - b.zero_point} << 20, fb);
    to.q.push_back(clamped(times(sum, f_sum), to, act));
  }
  return to;
}

map pool(const map& in, int size, bool averages) {
  map to{{in.s.height / size, in.s.width / size, in.s.channels}, {}, in.scale, in.zero_point};
  for (int y = 0; y < to.s.height; ++y)
    for (int x = 0; x < to.s.width; ++x)
      for (int c = 0; c < to.s.channels; ++c) {
        int total = 0, largest = -128;
        for (int k = 0; k < size * size; ++k) {
          const int q = in.q[static_cast<std::size_t>(
              ((y * size + k / size) * in.s.width + x * size + k % size) * in.s.channels + c)];
          total += q;
          largest = std::max(largest, q);
        }
        to.q.push_back(averages ? static_cast<int>(std::lround(static_cast<double>(total) / (size * size))) : largest);
      }
  return to;
}

}  // namespace tflite_reference

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
  TEST_CASE("products with both roundings follow the specification") {
    minnow::random r(seed{1});
    for (int i = 0; i < 200000; ++i) {
      const auto x =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(r.next()) >> (i % 31)) * (i % 2 == 0 ? 1 : -1);
      const double real = std::exp2(static_cast<double>(r.uniform(-24, i % 31 > 8 ? 6.0f : 0.0f)));
      const auto factor = minnow::detail::tflite_factor_of(real);
      const auto expected = lite::factor_of(real);
      REQUIRE(factor.multiplier == expected.q);
      REQUIRE(factor.shift == expected.shift);
      if ((std::abs)(static_cast<double>(x)) * std::exp2(std::max(expected.shift, 0)) < 0x1p31)
        REQUIRE(minnow::detail::tflite_product(x, factor) == lite::times(x, expected));
    }
    for (int i = 0; i < 20000; ++i) {
      const auto x = static_cast<std::int32_t>(r.below(1 << 24)) - (1 << 23);
      const double real = std::exp2(static_cast<double>(r.uniform(-20, 0)));
      CHECK(minnow::detail::tflite_product_rounded_once(x, minnow::detail::tflite_factor_of(real)) ==
            lite::times_once(x, lite::factor_of(real)));
    }
    // Ties: half a unit rounds up in the product, and away from 0 in the shift.
    CHECK(minnow::detail::doubling_high_product(1, 1 << 30) == 1);
    CHECK(minnow::detail::doubling_high_product(-1, 1 << 30) == 0);
    CHECK(minnow::detail::rounded_shift(3, 1) == 2);
    CHECK(minnow::detail::rounded_shift(-3, 1) == -2);
    CHECK(minnow::detail::rounded_shift(-5, 31) == 0);
    constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
    CHECK(minnow::detail::doubling_high_product(lowest, lowest) == std::numeric_limits<std::int32_t>::max());
    CHECK(minnow::detail::tflite_factor_of(0) == minnow::detail::tflite_factor{});
    CHECK(minnow::detail::tflite_factor_of(1e-12) == minnow::detail::tflite_factor{});
    CHECK(minnow::detail::tflite_factor_of(1.0 - 1e-15) == minnow::detail::tflite_factor{1 << 30, 1});
  }

  TEST_CASE("means round to nearest, ties away from 0") {
    for (int total = -1000; total <= 1000; ++total)
      for (const int count : {1, 2, 3, 4, 9, 64})
        CHECK(minnow::detail::tflite_mean(total, count) == std::lround(static_cast<double>(total) / count));
  }

  TEST_CASE("every map and the logits of a packed network follow the specification, bit for bit") {
    check_lite_net<tflite_fixed_point>(false);
  }
  TEST_CASE("every map and the logits follow the specification with one rounding in convolutions") {
    check_lite_net<tflite_ruy>(true);
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
