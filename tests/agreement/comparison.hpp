#pragma once

// Compares a packed network with the trained network: every product's sums, every quantizer's codes, and the logits. A
// product is a convolution or a dense layer. A stage of a packed network is an optional product and the layers after
// it, up to the next stage (infer/stage_plan.hpp).

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/core/classify.hpp>
#include <minnow/infer/session.hpp>
#include <minnow/train/network.hpp>

#include "../reference_convolution.hpp"

namespace minnow::test {

/// The result of a comparison.
struct report {
  int layers = 0;        ///< number of products and quantize layers that were compared
  long long values = 0;  ///< number of sums, codes and logits of all images
  long long differences = 0;
  long long wrong_classes = 0;
  std::string first{};  ///< describes the first difference; empty if there is none

  void differ(std::size_t layer, const char* what, std::size_t index, double expected, double found, double allowed) {
    if (differences++ > 0) return;
    char text[200];
    std::snprintf(text, sizeof text, "layer %zu, %s %zu: trained %.9g, packed %.9g, allowed difference %.3g", layer,
                  what, index, expected, found, allowed);
    first = text;
  }
};

namespace comparison {

/// A layer between a product and a quantizer, and how much it can enlarge a difference in its input.
struct step {
  double factor = 1;             ///< largest factor by which the layer multiplies a difference
  int roundings = 0;             ///< the largest number of roundings in either network
  int second = -1;               ///< for a layer with two inputs: the stage whose result is the other input; else -1
  std::size_t second_layer = 0;  ///< the layer whose result is the other input
  double unit = 1;               ///< scale of the other input's codes; 1 for floats
  bool multiplies = false;       ///< true if the layer multiplies its two inputs, otherwise they are added or appended
};

/// A type-erased view of a stage of the packed network and of the corresponding layers of the trained network.
struct stage_view {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t from = 0;    ///< the layer whose result is the stage's input, or image_input
  std::size_t source = 0;  ///< index of the stage that computes the input; one past the last stage for the image
  std::size_t before = 0;  ///< the layer whose result the stage's last layer reads
  bool product = false;
  bool float_sums = false;
  bool quantizer = false;
  geometry window{};
  std::vector<float> weights{};  ///< codes of F filters with K weights each
  std::vector<float> scales{};   ///< scale of the sums, per filter
  float in_scale = 1;            ///< scale of the input's codes
  std::vector<step> steps{};
  std::function<float(float)> code{};
  float out_scale = 1;
  shape out{};
  std::function<void(const std::byte*, float*, shape)> decode{};
};

template <class Reading>
step step_of(Reading& reading) {
  if constexpr (requires { reading.evaluated(0); }) {
    step s{0, 1};
    for (int c = 0; c < static_cast<int>(reading.gamma().size()); ++c)
      s.factor = std::max(s.factor, std::abs(static_cast<double>(reading.evaluated(c).scale)));
    return s;
  } else if constexpr (requires { reading.values(); }) {
    return {1, 1};
  } else if constexpr (requires { reading.channels(); }) {
    return {1, reading.channels()};
  } else {
    return {};
  }
}

template <std::size_t S, class Model, class W, class I>
stage_view view_of(network<Model, W, I>& net) {
  using plan = minnow::detail::stage_plan<Model, S>;
  using layer_graph = minnow::layer_graph<Model>;
  stage_view v{.begin = plan::begin,
               .end = plan::end,
               .from = layer_graph::template from<plan::begin>,
               .source = plan::source,
               .before = layer_graph::template from<plan::end - 1>,
               .product = plan::has_product,
               .quantizer = plan::has_quantizer,
               .window = plan::window,
               .out = plan::out};
  if constexpr (plan::inputs::max_code > 0)
    v.in_scale = plan::inputs::scale(net.template layer_at<layer_graph::template from<plan::begin>>().state());
  if constexpr (plan::has_product) {
    v.float_sums = !plan::integer_sums;
    const auto weights = net.template layer_at<plan::begin>().quantize(layer_graph::paths[plan::begin].view());
    v.weights.assign(weights.codes.begin(), weights.codes.end());
    for (int f = 0; f < plan::window.out.channels; ++f) v.scales.push_back(v.in_scale * weights.scale(f));
  }
  [[maybe_unused]] const auto see = [&]<std::size_t Op>(std::integral_constant<std::size_t, Op>) {
    step s = step_of(net.template layer_at<plan::ops_begin + Op>());
    if constexpr (plan::template averages<Op>) {
      const extent k = plan::template op<Op>::pool_over(layer_graph::template in<plan::ops_begin + Op>).kernel;
      s.roundings = k.height * k.width;
    }
    if constexpr (join_layer<typename plan::template op<Op>>) {
      using other = typename plan::template second_inputs<Op>;
      s.roundings = 1;
      s.second = static_cast<int>(plan::template second<Op>);
      s.multiplies = std::is_same_v<typename plan::template op<Op>, scale_positions>;
      s.second_layer = layer_graph::template second<plan::ops_begin + Op>;
      if constexpr (other::max_code > 0)
        s.unit = static_cast<double>(
            other::scale(net.template layer_at<layer_graph::template second<plan::ops_begin + Op>>().state()));
    }
    v.steps.push_back(s);
  };
  [&]<std::size_t... Op>(std::index_sequence<Op...>) {
    (see(std::integral_constant<std::size_t, Op>{}), ...);
  }(typename plan::indices{});
  if constexpr (plan::has_quantizer) {
    using Q = typename plan::outputs;
    const auto state = net.template layer_at<plan::end - 1>().state();
    v.code = [state](float x) { return static_cast<float>(Q::code(x, state)); };
    v.out_scale = Q::scale(state);
    v.decode = [zero = zero_point<Q>(state)](const std::byte* packed, float* codes, shape s) {
      using operand = minnow::detail::operand_of<Q>;
      kernels::unpack_inputs<operand::storage, operand::bits>(packed, s.pixels(), s.channels, codes);
      for (int k = 0; k < s.size(); ++k) codes[k] -= static_cast<float>(zero);
    };
  }
  return v;
}

template <class Model, class W, class I>
std::vector<stage_view> views_of(network<Model, W, I>& net) {
  return [&]<std::size_t... S>(std::index_sequence<S...>) {
    return std::vector<stage_view>{view_of<S>(net)...};
  }(std::make_index_sequence<minnow::detail::stages<Model>::count>{});
}

/// Records all sums and all packed feature maps while the packed network runs on one image.
class recorder final : public trace {
public:
  explicit recorder(std::span<const stage_view> views) : views_(views), sums_(views.size()), maps_(views.size()) {}

  void clear() {
    for (std::size_t s = 0; s < views_.size(); ++s) {
      sums_[s].assign(static_cast<std::size_t>(views_[s].window.out.size()), std::numeric_limits<double>::quiet_NaN());
      maps_[s].clear();
    }
    repeated_differently = false;
  }
  void sums(std::size_t layer, int first, int last, const std::int32_t* from) noexcept override {
    keep(layer, first, last, from);
  }
  void sums(std::size_t layer, int first, int last, const float* from) noexcept override {
    keep(layer, first, last, from);
  }
  void map(std::size_t layer, const std::byte* packed) noexcept override {
    for (std::size_t s = 0; s < views_.size(); ++s)
      if (views_[s].end - 1 == layer) {
        maps_[s].resize(static_cast<std::size_t>(views_[s].out.size()));
        views_[s].decode(packed, maps_[s].data(), views_[s].out);
      }
  }

  [[nodiscard]] const std::vector<double>& sums_of(std::size_t s) const { return sums_[s]; }
  [[nodiscard]] const std::vector<float>& map_of(std::size_t s) const { return maps_[s]; }
  bool repeated_differently = false;

private:
  template <class Sum>
  void keep(std::size_t layer, int first, int last, const Sum* from) {
    for (std::size_t s = 0; s < views_.size(); ++s) {
      if (views_[s].begin != layer) continue;
      const shape out = views_[s].window.out;
      for (int p = first * out.width; p < last * out.width; ++p, from += kernels::sum_stride(out.channels))
        for (int c = 0; c < out.channels; ++c) {
          double& to = sums_[s][static_cast<std::size_t>(p * out.channels + c)];
          repeated_differently = repeated_differently || (!std::isnan(to) && to != static_cast<double>(from[c]));
          to = static_cast<double>(from[c]);
        }
    }
  }

  std::span<const stage_view> views_;
  std::vector<std::vector<double>> sums_;
  std::vector<std::vector<float>> maps_;
};

/// Two sums over the terms input · weight of one output element. `products` is the sum of |input| · |weight|.
/// `differences` is the sum of |difference of the input| · |weight|, where the difference is between the packed and the
/// trained network.
struct magnitudes {
  double products = 0;
  double differences = 0;
};

/// Returns both sums for one output element, from the inputs and their differences (H, W, C) of one image. If
/// `differences` is empty, each difference is at most `unknown`.
inline magnitudes magnitudes_at(const stage_view& v, const float* inputs, std::span<const double> differences,
                                double unknown, int y, int x, int f) {
  magnitudes m;
  for_each_factor(v.window, 0, y, x, f, [&](std::size_t input, std::size_t at) {
    const double weight = std::abs(static_cast<double>(v.weights[at]));
    const double d = differences.empty() ? unknown : std::abs(differences[input]);
    m.products += (std::abs(static_cast<double>(inputs[input])) + d) * weight;
    m.differences += d * weight;
  });
  return m;
}

inline double largest(const activations& a, int image) {
  const auto size = static_cast<std::size_t>(a.dimensions.size());
  double result = 0;
  for (std::size_t k = 0; k < size; ++k)
    result = std::max(result, std::abs(static_cast<double>(a.data[static_cast<std::size_t>(image) * size + k])));
  return result;
}

/// Compares image `n` of the trained network's last batch with the packed network's sums, maps and logits.
///
/// `doubt` is an upper bound of the difference between a packed value and the trained value. Before the first product
/// of floats it is 0, so all values must be equal there. A product of floats adds K terms x · w of inputs x and weights
/// w, and the two networks may add these terms in different orders. Each network's sum is within K · 2^-24 · sum|x||w|
/// of the exact sum. So the two sums differ by at most K · eps · sum|x||w| with eps = 2^-23. In addition, a difference
/// of an input changes a sum by this difference times |w|. In the layers after the product, `doubt` is multiplied by
/// the largest factor of each layer, and each rounding adds eps times the largest value.
inline void compare_image(network_base& net, std::span<const float> image, std::span<const stage_view> views, int n,
                          const recorder& found, std::span<const float> logits, report& r) {
  constexpr double eps = 0x1p-23;
  const auto of_image = [&](std::size_t layer) {
    const activations& a = net.result(layer);
    return a.data + static_cast<std::size_t>(n) * static_cast<std::size_t>(a.dimensions.size());
  };
  // doubts[s] bounds the differences between the two networks in stage s's result. all_differences[s] contains the
  // difference of each code of this result. It is empty if only the bound is known.
  std::vector<double> doubts(views.size() + 1, 0.0);
  std::vector<std::vector<double>> all_differences(views.size() + 1);
  // Returns the value of element `k` of the image or of the result of `layer`.
  const auto value_before = [&](std::size_t layer, std::size_t k) {
    if (layer == minnow::detail::image_input) return image[k];
    const activations& a = net.result(layer);
    return a.scale == 1 ? of_image(layer)[k] : of_image(layer)[k] * a.scale;
  };
  if (found.repeated_differently) r.differ(0, "a repeated sum", 0, 0, 0, 0);
  for (std::size_t s = 0; s < views.size(); ++s) {
    const stage_view& v = views[s];
    double doubt = doubts[v.source];
    const std::vector<double>& differences = all_differences[v.source];
    if (v.product) {
      const bool exact = doubt == 0 && !v.float_sums;
      const float* inputs = v.from == minnow::detail::image_input ? image.data() : of_image(v.from);
      const float* trained = of_image(v.begin);
      const shape out = v.window.out;
      double next = 0;
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x)
          for (int f = 0; f < out.channels; ++f) {
            const auto at = static_cast<std::size_t>((y * out.width + x) * out.channels + f);
            const double sum = found.sums_of(s)[at];
            const float scale = v.scales[static_cast<std::size_t>(f)];
            const float value = static_cast<float>(sum) * scale;
            double allowed = 0;
            if (!exact) {
              const magnitudes m = magnitudes_at(v, inputs, differences, doubt, y, x, f);
              allowed = (v.float_sums ? v.window.inputs() * eps * m.products : 0.0) + m.differences;
              allowed = allowed * std::abs(static_cast<double>(scale)) + eps * std::abs(static_cast<double>(value));
            }
            next = std::max(next, allowed);
            ++r.values;
            // With a scale of 0, the trained value is 0 for every sum, so it does not show the sum. All codes are 0 in
            // this case, so the packed sum must be 0.
            const bool visible =
                scale != 0 ? v.float_sums || !exact ||
                                 std::nearbyint(static_cast<double>(trained[at]) / static_cast<double>(scale)) == sum
                           : sum == 0;
            if (!visible || !(std::abs(static_cast<double>(value) - static_cast<double>(trained[at])) <= allowed))
              r.differ(v.begin, "sum", at, static_cast<double>(trained[at]), static_cast<double>(value), allowed);
          }
      }
      doubt = next;
    } else {
      doubt *= static_cast<double>(v.in_scale);
    }
    const std::size_t ops_begin = v.begin + (v.product ? 1 : 0);
    for (std::size_t i = 0; i < v.steps.size(); ++i) {
      const step& now = v.steps[i];
      const double other = now.second < 0 ? 0.0 : doubts[static_cast<std::size_t>(now.second)] * now.unit;
      if (doubt == 0 && other == 0) continue;
      if (now.multiplies) {
        const double body = ops_begin + i == 0 ? 0.0 : largest(net.result(ops_begin + i - 1), n);
        const double factor = largest(net.result(now.second_layer), n) * now.unit;
        doubt = doubt * factor + other * (body + doubt) + eps * (body + doubt) * (factor + other);
        continue;
      }
      doubt = doubt * now.factor + other +
              eps * now.roundings *
                  std::max(largest(net.result(ops_begin + i), n),
                           ops_begin + i == 0 ? 0.0 : largest(net.result(ops_begin + i - 1), n));
    }
    doubts[s] = doubt;
    if (!v.quantizer) continue;
    const float* after = of_image(v.end - 1);
    const bool codes = net.result(v.end - 1).max_code > 0;
    const auto& map = found.map_of(s);
    double next = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(v.out.size()); ++k) {
      // A value never decreases as the quantizer's input increases, so the codes of the lowest and the highest possible
      // input bound the packed code. The codes fall if their scale is negative.
      const auto d = static_cast<float>(doubt);
      const float before = value_before(v.before, k);
      const float first = v.code(doubt > 0 ? std::nextafter(before - d, -HUGE_VALF) : before);
      const float last = v.code(doubt > 0 ? std::nextafter(before + d, HUGE_VALF) : before);
      const float low = std::min(first, last), high = std::max(first, last);
      const float trained = v.code(before);
      ++r.values;
      const bool same = codes ? after[k] == trained : after[k] == trained * v.out_scale;
      if (map.size() <= k || !same || !(low <= map[k] && map[k] <= high))
        r.differ(v.end - 1, "code", k, static_cast<double>(codes ? after[k] : trained),
                 map.size() <= k ? std::nan("") : static_cast<double>(map[k]), doubt);
      all_differences[s].push_back(map.size() <= k ? 0.0 : static_cast<double>(map[k]) - static_cast<double>(trained));
      next = std::max(next, std::abs(all_differences[s].back()));
    }
    doubts[s] = next;
  }
  const double doubt = doubts[views.size() - 1];
  const std::size_t last = views.back().end - 1;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    // If the last layer is a quantizer, it outputs values, but `doubt` bounds the difference of their codes.
    const double allowed = views.back().quantizer ? doubt * static_cast<double>(views.back().out_scale) : doubt;
    ++r.values;
    if (!(std::abs(static_cast<double>(logits[c]) - static_cast<double>(of_image(last)[c])) <= allowed))
      r.differ(last, "logit", c, static_cast<double>(of_image(last)[c]), static_cast<double>(logits[c]), allowed);
  }
  r.wrong_classes += argmax(logits) != argmax({of_image(last), logits.size()});
}

}  // namespace comparison

/// Runs all images through both networks and compares every layer.
template <class Model, class W, class I, class Arch, class T>
report compare(network<Model, W, I>& net, const packed<Model, Arch>& small, const dataset<T>& data) {
  const auto views = comparison::views_of(net);
  report r;
  for (const auto& v : views) r.layers += v.product + v.quantizer;
  comparison::recorder found(views);
  session<packed<Model, Arch>> run(small);
  constexpr int batch = 32;
  std::vector<float> logits(static_cast<std::size_t>(packed<Model, Arch>::classes));
  for (int first = 0; first < data.size(); first += batch) {
    const int count = std::min(batch, data.size() - first);
    net.take(data, first, count);
    const auto images = net.prepare(count);
    (void)net.forward({.mode = mode::evaluate, .alpha = 1});
    for (int n = 0; n < count; ++n) {
      found.clear();
      run.run(data.image(first + n), std::span<float>(logits), &found);
      const std::size_t size = images.size() / static_cast<std::size_t>(count);
      comparison::compare_image(net, images.subspan(static_cast<std::size_t>(n) * size, size), views, n, found, logits,
                                r);
    }
  }
  return r;
}

}  // namespace minnow::test
