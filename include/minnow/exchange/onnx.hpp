#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/exchange/onnx_file.hpp>
#include <minnow/exchange/onnx_quantizers.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/system/check_numbers.hpp>
#include <minnow/system/within_memory.hpp>
#include <minnow/system/write_whole.hpp>
#include <minnow/train/network.hpp>
#include <minnow/train/weight_shapes.hpp>

/// Writes networks as ONNX files, for FINN, onnxruntime and other tools.
namespace minnow {

namespace detail {

/// Writes the layers of a network to an ONNX graph, from the first to the last. Maps are (N,C,H,W), or (N,C) from the
/// first dense layer or vector on.
template <class Network>
class onnx_writer {
  using layers = layer_graph<typename Network::model>;

public:
  /// quantizes  true: quantizers are written as QONNX's operators; false: they are refused
  onnx_writer(Network& net, bool quantizes) : net_(net), writing_{graph_, quantizes} {}

  status write(std::string_view name, std::string& file) {
    results_.resize(layers::count);
    status outcome;
    const shape in = layers::input;
    flat_input_ = in.pixels() == 1;
    normalize();
    const auto add_layer = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
      if (outcome) outcome = layer<Index>();
    };
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      (add_layer(std::integral_constant<std::size_t, Index>{}), ...);
    }(std::make_index_sequence<layers::count>{});
    if (!outcome) return outcome;
    const shape out = layers::output;
    const result& last = results_.back();
    file = graph_.file(name, "images", extents(in, flat_input_), last.name, extents(out, last.flat),
                       writing_.custom ? qonnx_domain : "");
    return {};
  }

private:
  /// The name of a layer's result, and whether it is (N,C).
  struct result {
    std::string name;
    bool flat = false;
  };

  static onnx_shape extents(shape s, bool flat) {
    if (flat) return {0, s.channels};
    return {0, s.channels, s.height, s.width};
  }
  /// The shape of a constant with one number for each channel.
  static onnx_shape of_channels(std::size_t channels, bool flat) {
    const auto count = static_cast<std::int64_t>(channels);
    return flat ? onnx_shape{1, count} : onnx_shape{1, count, 1, 1};
  }
  [[nodiscard]] result from(std::size_t layer) const {
    return layer == image_input ? result{image_, flat_input_} : results_[layer];
  }
  std::string node(std::string_view operation, std::initializer_list<std::string> inputs, std::string name,
                   std::initializer_list<onnx_attribute> attributes = {}) {
    return graph_.node(operation, {inputs.begin(), inputs.size()}, std::move(name),
                       {attributes.begin(), attributes.size()});
  }
  /// Returns a result as (N,C).
  std::string flattened(const result& r, const std::string& path) {
    return r.flat ? r.name : node("Flatten", {r.name}, path + ".flattened", {{"axis", std::int64_t{1}}});
  }

  void normalize() {
    const normalization& n = net_.input_normalization();
    if (layers::takes_pixels || (n.mean.empty() && n.stddev.empty())) return;
    const auto channels = index(layers::input.channels);
    std::vector<float> scale, shift;
    for (std::size_t c = 0; c < channels; ++c) {
      const affine a = n.template of_channel<float>(static_cast<int>(c));
      scale.push_back(a.scale);
      shift.push_back(a.shift);
    }
    const onnx_shape s = of_channels(channels, flat_input_);
    const auto scaled = node("Mul", {image_, graph_.constant("normalization.scale", s, scale)}, "normalization.scaled");
    image_ = node("Add", {scaled, graph_.constant("normalization.shift", s, shift)}, "normalization");
  }

  template <std::size_t Index>
  status layer() {
    using description = typename layers::template layer<Index>;
    const std::string path = layers::paths[Index].c_str();
    const result in = from(layers::template from<Index>);
    result& out = results_[Index];
    out.flat = in.flat;
    auto& trained = net_.template layer_at<Index>();
    if constexpr (product_layer<description>) {
      return product<Index>(in, out, path);
    } else if constexpr (detail::quantizes<description>) {
      return write_quantizer<typename description::inputs>(writing_, in.name, path, trained.state(), out.name);
    } else if constexpr (std::is_same_v<description, batch_norm>) {
      std::vector<std::string> inputs{in.name};
      for (const auto& [name, values] : {std::pair{".weight", &trained.gamma()},
                                         {".bias", &trained.beta()},
                                         {".running_mean", &trained.running_mean()},
                                         {".running_var", &trained.running_variance()}})
        inputs.push_back(graph_.constant(path + name, {static_cast<std::int64_t>(values->size())},
                                         std::span(values->data(), values->size())));
      const onnx_attribute epsilon[] = {{"epsilon", batch_norm::epsilon}};
      out.name = graph_.node("BatchNormalization", inputs, path, epsilon);
    } else if constexpr (std::is_same_v<description, bias>) {
      const auto& values = trained.values();
      out.name = node("Add",
                      {in.name, graph_.constant(path + ".bias", of_channels(values.size(), in.flat),
                                                std::span(values.data(), values.size()))},
                      path);
    } else if constexpr (std::is_same_v<description, relu>) {
      out.name = node("Relu", {in.name}, path);
    } else if constexpr (std::is_same_v<description, relu6> || std::is_same_v<description, hard_tanh>) {
      out.name = write_clip(writing_, in.name, path, description::clip.low, description::clip.high);
    } else if constexpr (thresholds_of<description> != 0) {
      return thresholds(trained, in, out, path, thresholds_of<description>);
    } else if constexpr (std::is_same_v<description, global_average_pool>) {
      out.name = in.flat ? in.name : node("GlobalAveragePool", {in.name}, path);
    } else if constexpr (pool_layer<description>) {
      if (in.flat) return unknown(path, description::name());
      const geometry g = description::pool_over(layers::template in<Index>);
      std::vector<onnx_attribute> attributes = window(g);
      if (description::averages) attributes.push_back({"count_include_pad", std::int64_t{1}});
      out.name = graph_.node(description::averages ? "AveragePool" : "MaxPool", std::array{in.name}, path, attributes);
    } else if constexpr (std::is_same_v<description, add>) {
      out.name = node("Add", {in.name, from(layers::template second<Index>).name}, path);
    } else if constexpr (std::is_same_v<description, concatenate>) {
      out.name =
          node("Concat", {from(layers::template second<Index>).name, in.name}, path, {{"axis", std::int64_t{1}}});
    } else {
      return unknown(path, description::name());
    }
    return {};
  }

  static status unknown(const std::string& path, const text& name) {
    return status::failure("layer %s: expected a layer that ONNX has, found %s", path.c_str(), name.c_str());
  }
  static std::vector<onnx_attribute> window(const geometry& g) {
    using numbers = std::vector<std::int64_t>;
    return {{"kernel_shape", numbers{g.kernel.height, g.kernel.width}},
            {"strides", numbers{g.stride.height, g.stride.width}},
            {"pads", numbers{g.padding.height, g.padding.width, g.end_padding.height, g.end_padding.width}}};
  }

  template <std::size_t Index>
  status product(const result& in, result& out, const std::string& path) {
    using description = typename layers::template layer<Index>;
    using quantizer = typename description::weights;
    constexpr shape read = layers::template in<Index>;
    constexpr geometry g = description::over(read);
    constexpr bool dense = flattens<description>;
    if (!dense && in.flat) return unknown(path, description::name());
    // Weights as values, (filters, C, window) for a convolution and (C · window, filters) for a dense layer.
    const auto quantized = net_.template layer_at<Index>().quantize(path);
    const std::size_t filters = index(g.out.channels), row = quantized.codes.size() / filters;
    const std::size_t channels = dense ? index(read.channels) : index(g.group_channels()), pixels = row / channels;
    std::vector<float> values(quantized.codes.size());
    for (std::size_t f = 0; f < filters; ++f)
      for (std::size_t k = 0; k < row; ++k) {
        const std::size_t at = k % channels * pixels + k / channels;
        values[dense ? at * filters + f : f * row + at] =
            quantized.codes[f * row + k] * quantized.scale(static_cast<int>(f));
      }
    const auto count = static_cast<std::int64_t>(filters);
    const onnx_shape s = dense ? onnx_shape{static_cast<std::int64_t>(row), count}
                               : onnx_shape{count, g.group_channels(), g.kernel.height, g.kernel.width};
    std::string weights = graph_.constant(path + ".weight", s, values);
    std::vector<float> scales{quantized.scale(0)};
    if (quantizer::per_channel) scales.assign(quantized.scales.begin(), quantized.scales.end());
    const onnx_shape of_scales = !quantizer::per_channel ? onnx_shape{}
                                 : dense                 ? onnx_shape{1, count}
                                                         : onnx_shape{count, 1, 1, 1};
    if (status outcome = write_weights<quantizer>(writing_, weights, path, scales, of_scales); !outcome) return outcome;
    if (dense) {
      out = {node("MatMul", {flattened(in, path), weights}, path), true};
    } else {
      std::vector<onnx_attribute> attributes = window(g);
      attributes.push_back({"group", std::int64_t{g.groups}});
      out.name = graph_.node("Conv", std::array{in.name, weights}, path, attributes);
    }
    return {};
  }

  template <class Trained>
  status thresholds(Trained& trained, const result& in, result& out, const std::string& path, std::int64_t count) {
    if (!writing_.quantizes) return unknown(path, text("multi_threshold"));
    std::vector<float> values;
    float step = 1, offset = 0;
    trained.arrays([&](std::string_view name, std::span<float> numbers) {
      if (name == "thresholds") values.assign(numbers.begin(), numbers.end());
      else (name == "step" ? step : offset) = numbers[0];
    });
    for (auto at = values.begin(); at != values.end(); at += count) std::sort(at, at + count);
    const onnx_shape s{static_cast<std::int64_t>(values.size()) / count, count};
    const std::string inputs[] = {in.name, graph_.constant(path + ".thresholds", s, values)};
    const onnx_attribute attributes[] = {
        {"out_scale", step}, {"out_bias", offset}, {"out_dtype", std::string_view("FLOAT32")}};
    out.name = graph_.node("MultiThreshold", inputs, path, attributes, qonnx_domain);
    writing_.custom = true;
    return {};
  }

  Network& net_;
  onnx_graph graph_;
  onnx_writing writing_;
  std::vector<result> results_;
  std::string image_ = "images";
  bool flat_input_ = false;
};

template <class Model, class Weights, class Inputs>
status write_as_onnx(const char* path, network<Model, Weights, Inputs>& net, bool quantizes) noexcept {
  return within_memory(path, [&]() -> status {
    status outcome = net.check_states(path);
    net.arrays([&](std::string_view layer, std::string_view array, std::span<float> values) {
      if (outcome) outcome = check_numbers(path, layer, array, values);
    });
    if (!outcome) return outcome;
    std::string file;
    if (outcome = onnx_writer(net, quantizes).write("network", file); !outcome)
      return status::failure("%s: %s", path, outcome.message());
    return write_whole(path, std::as_bytes(std::span(file)));
  });
}

}  // namespace detail

/// Writes a network as an ONNX file (operator set 13). The graph computes what the network computes at alpha = 1. It
/// reads `images`: (N,C,H,W), or (N,C) if an image has one pixel; a byte p of an image is p / 255, or p if the network
/// begins with pixels.
///
/// refuses   layers that ONNX does not have (`scale_positions`, `channel_magnitude`, `pad_channels`, a user's layers),
///           convolutions and pools after a dense layer, and quantizers other than `real` and `pixels`, by path and
///           name; a NaN or an infinity
template <class Model, class Weights, class Inputs>
[[nodiscard]] status write_onnx(const char* path, network<Model, Weights, Inputs>& net) noexcept {
  return detail::write_as_onnx(path, net, false);
}

/// Like `write_onnx`, for quantized networks: quantizers become QONNX's operators Quant and BipolarQuant, and
/// `multi_threshold` becomes MultiThreshold (domain qonnx.custom_op.general). Weights are written as their quantized
/// values, so every quantizer of weights with integer codes can be written.
///
/// refuses   as `write_onnx`, except for these quantizers of inputs: the signs, `ternary<>`, `integer`,
///           `unsigned_integer`, `uniform`, `lsq`, `unsigned_lsq`, `given_integer` with the codes of a number of bits,
///           affine quantizers of 8 bits (as QuantizeLinear and DequantizeLinear), `pixels`, `unsigned_pixels`, `real`,
///           and `clipped` forms of them
template <class Model, class Weights, class Inputs>
[[nodiscard]] status write_qonnx(const char* path, network<Model, Weights, Inputs>& net) noexcept {
  return detail::write_as_onnx(path, net, true);
}

#if defined(__cpp_exceptions)

/// The throwing form of `write_onnx`.
///
/// throws  `error` if `write_onnx` fails
template <class Model, class Weights, class Inputs>
void export_onnx(network<Model, Weights, Inputs>& net, const std::string& path) {
  require(write_onnx(path.c_str(), net));
}

/// The throwing form of `write_qonnx`.
///
/// throws  `error` if `write_qonnx` fails
template <class Model, class Weights, class Inputs>
void export_qonnx(network<Model, Weights, Inputs>& net, const std::string& path) {
  require(write_qonnx(path.c_str(), net));
}

#endif

}  // namespace minnow
