#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/encoding.hpp>
#include <minnow/core/error.hpp>
#include <minnow/exchange/onnx_file.hpp>
#include <minnow/quantize/clipped.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/methods/given.hpp>
#include <minnow/quantize/methods/lsq.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/quantize/pixels.hpp>
#include <minnow/quantize/real.hpp>
#include <minnow/quantize/sign.hpp>
#include <minnow/quantize/ternary.hpp>
#include <minnow/quantize/uniform.hpp>

/// Quantizers as nodes of ONNX and QONNX.
namespace minnow::detail {

/// Domain of QONNX's operators.
inline constexpr std::string_view qonnx_domain = "qonnx.custom_op.general";

/// A graph that is being written.
struct onnx_writing {
  onnx_graph& graph;
  bool quantizes;       ///< false: quantizers are refused
  bool custom = false;  ///< true: the graph has QONNX's operators
};

inline std::string write_node(onnx_writing& to, std::string_view operation, std::initializer_list<std::string> inputs,
                              std::string name, std::initializer_list<onnx_attribute> attributes = {},
                              std::string_view domain = {}) {
  to.custom = to.custom || !domain.empty();
  return to.graph.node(operation, {inputs.begin(), inputs.size()}, std::move(name),
                       {attributes.begin(), attributes.size()}, domain);
}
inline std::string write_number(onnx_writing& to, std::string name, float value) {
  return to.graph.constant(std::move(name), {}, std::span(&value, 1));
}
inline std::string write_clip(onnx_writing& to, const std::string& in, const std::string& name, float low, float high) {
  return write_node(to, "Clip", {in, write_number(to, name + ".low", low), write_number(to, name + ".high", high)},
                    name);
}

/// A node Quant: scale · clamp(round(x / scale), …).
///
/// scale  name of a constant
inline std::string write_quant(onnx_writing& to, const std::string& in, const std::string& scale,
                               const std::string& name, int bits, bool is_signed, bool narrow) {
  return write_node(
      to, "Quant",
      {in, scale, write_number(to, name + ".zero", 0), write_number(to, name + ".bits", static_cast<float>(bits))},
      name,
      {{"signed", std::int64_t{is_signed}},
       {"narrow", std::int64_t{narrow}},
       {"rounding_mode", std::string_view("ROUND")}},
      qonnx_domain);
}

/// A node BipolarQuant: scale · sign(x) with sign(0) = +1.
inline std::string write_bipolar(onnx_writing& to, const std::string& in, const std::string& scale,
                                 const std::string& name) {
  return write_node(to, "BipolarQuant", {in, scale}, name, {}, qonnx_domain);
}

inline status no_quantizer_in_onnx(const std::string& path, const text& name, bool quantizes) {
  return status::failure("layer %s: expected %s, found %s", path.c_str(),
                         quantizes ? "a quantizer that QONNX has" : "no quantizer, or export_qonnx", name.c_str());
}

template <class Quantizer>
inline constexpr bool learns_step = false;
template <int Bits, class Granularity>
inline constexpr bool learns_step<lsq<Bits, Granularity>> = true;
template <int Bits>
inline constexpr bool learns_step<unsigned_lsq<Bits>> = true;

template <class Quantizer>
inline constexpr bool multiplies_by_inverse = false;
template <int Bits>
inline constexpr bool multiplies_by_inverse<uniform<Bits>> = true;

/// True for quantizers whose code is x / scale, rounded to the nearest integer from min_code to max_code.
template <class Quantizer>
inline constexpr bool rounds_to_codes = [] {
  if constexpr (affine_quantizer<Quantizer>) return false;
  else if constexpr (learns_step<Quantizer> || multiplies_by_inverse<Quantizer>) return true;
  else if constexpr (requires {
                       Quantizer::rounds;
                       Quantizer::min_code;
                     })
    return true;
  else return false;
}();

template <class Quantizer>
struct highest_code : std::integral_constant<int, Quantizer::max_code> {};
template <int Lowest, int Highest, class Granularity>
struct highest_code<given_integer<Lowest, Highest, Granularity>> : std::integral_constant<int, Highest> {};

template <class Quantizer>
struct clipped_quantizer {
  using type = void;
};
template <class Quantizer>
struct clipped_quantizer<clipped<Quantizer>> {
  using type = Quantizer;
};

/// Writes a quantizer of inputs.
///
/// path    the layer's path, with which all names of the nodes begin
/// result  receives the name of the result
template <class Quantizer>
status write_quantizer(onnx_writing& to, const std::string& in, const std::string& path,
                       const typename Quantizer::state& state, std::string& result) {
  using inner = typename clipped_quantizer<Quantizer>::type;
  const auto refused = [&] { return no_quantizer_in_onnx(path, text(Quantizer::name()), to.quantizes); };
  const auto scale = [&] { return write_number(to, path + ".scale", Quantizer::scale(state)); };
  if constexpr (!std::is_void_v<inner>) {
    return write_quantizer<inner>(to, write_clip(to, in, path + ".clip", -1, 1), path, state, result);
  } else if constexpr (std::is_same_v<Quantizer, real>) {
    result = in;
    return {};
  } else if constexpr (std::is_same_v<Quantizer, pixels>) {
    const auto twice = write_node(to, "Mul", {in, write_number(to, path + ".two", 2)}, path + ".twice");
    const auto code = write_node(to, "Sub", {twice, write_number(to, path + ".middle", 255)}, path + ".code");
    result = write_node(to, "Mul", {code, scale()}, path);
    return {};
  } else {
    if (!to.quantizes) return refused();
    if constexpr (std::is_same_v<Quantizer, sign_nonnegative> || std::is_same_v<Quantizer, given_sign<>>) {
      result = write_bipolar(to, in, scale(), path);
    } else if constexpr (std::is_same_v<Quantizer, sign> || std::is_same_v<Quantizer, scaled_sign<per_tensor>>) {
      // The sign of 0 is -1 here and +1 there, so the sign of -x is written.
      const auto negative = write_node(to, "Neg", {in}, path + ".negative");
      result = write_node(to, "Neg", {write_bipolar(to, negative, scale(), path + ".sign")}, path);
    } else if constexpr (std::is_same_v<Quantizer, ternary<>>) {
      result = write_quant(to, in, scale(), path, 2, true, true);
    } else if constexpr (std::is_same_v<Quantizer, unsigned_pixels>) {
      const auto value = write_node(to, "Mul", {in, scale()}, path + ".value");
      result = write_quant(to, value, path + ".scale", path, 8, false, false);
    } else if constexpr (affine_quantizer<Quantizer>) {
      if (Quantizer::max_code != 255) return refused();
      const auto step = scale();
      const auto zero = to.graph.constant(path + ".zero", static_cast<std::uint8_t>(Quantizer::zero(state)));
      const auto code = write_node(to, "QuantizeLinear", {in, step, zero}, path + ".code");
      result = write_node(to, "DequantizeLinear", {code, step, zero}, path);
    } else if constexpr (rounds_to_codes<Quantizer>) {
      constexpr int low = Quantizer::min_code, high = highest_code<Quantizer>::value;
      constexpr int bits = std::bit_width(static_cast<unsigned>(high)) + (low < 0 ? 1 : 0);
      constexpr bool all = high == (1 << (low < 0 ? bits - 1 : bits)) - 1;
      if (!all || (low != 0 && low != -high && low != -high - 1) || !(Quantizer::scale(state) > 0)) return refused();
      if constexpr (multiplies_by_inverse<Quantizer>) {
        // It multiplies by the inverse of its scale and does not divide by the scale.
        const auto code = write_node(to, "Mul", {in, write_number(to, path + ".inverse", static_cast<float>(high))},
                                     path + ".scaled");
        const auto rounded =
            write_quant(to, code, write_number(to, path + ".one", 1), path + ".code", bits, true, true);
        result = write_node(to, "Mul", {rounded, scale()}, path);
      } else {
        result = write_quant(to, in, scale(), path, bits, low < 0, low == -high);
      }
    } else {
      return refused();
    }
    return {};
  }
}

/// Writes the quantizer of weights that are written as their quantized values.
///
/// weights    name of the weights; receives the name of the quantized weights
/// scales     one, or one for each filter
/// of_scales  shape of the constant of scales
template <class Quantizer>
status write_weights(onnx_writing& to, std::string& weights, const std::string& path, std::span<const float> scales,
                     const onnx_shape& of_scales) {
  if constexpr (std::is_same_v<Quantizer, real> || !is_integer(Quantizer::storage)) {
    return {};
  } else {
    if (!to.quantizes) return no_quantizer_in_onnx(path, text(Quantizer::name()), false);
    std::vector<float> above_0(scales.begin(), scales.end());
    for (float& s : above_0) {
      // Weights that are all 0 have the scale 0, by which Quant cannot divide; every other scale gives 0, too.
      if (s == 0 && Quantizer::storage != encoding::bit) s = 1;
      if (!(s > 0))
        return status::failure("layer %s: expected scales of the weights above 0, found %g", path.c_str(),
                               static_cast<double>(s));
    }
    const std::string name = path + ".quantized";
    const std::string scale = to.graph.constant(path + ".scale", of_scales, above_0);
    if constexpr (Quantizer::storage == encoding::bit) {
      weights = write_bipolar(to, weights, scale, name);
    } else {
      constexpr int bits = std::bit_width(static_cast<unsigned>(Quantizer::max_code)) + 1;
      weights = write_quant(to, weights, scale, name, bits, true, true);
    }
    return {};
  }
}

}  // namespace minnow::detail
