#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include <minnow/core/encoding.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/fixed_point.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/graph/layer_graph.hpp>
#include <minnow/layers/join.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// A model whose packed form converts integer sums to codes with the arithmetic of TensorFlow Lite's reference kernels
/// for 8-bit integers, bit for bit: a 32-bit multiplier and a shift for each channel, with two roundings.
/// pack<tflite_fixed_point>(net) returns this form, packed<tflite_fixed_point<Model>>.
///
/// Three kinds of stages compute with this arithmetic, if their quantizer rounds to codes of one byte, such as
/// `given_affine<8>`:
///
///   a product of codes, biases, then max pools and clips (relu, relu6, hard_tanh): CONV_2D, DEPTHWISE_CONV_2D,
///   FULLY_CONNECTED, with a fused activation
///   an `add` of two maps of codes, then clips: ADD
///   an average pool of codes without padding: AVERAGE_POOL_2D. Both sides of it have one scale and zero point
///
/// The quantizer of the first two may also be the model's last layer, which returns values. A bias is rounded to an
/// integer multiple of input scale · weight scale; this recovers TensorFlow Lite's 32-bit bias exactly below 2^23. A
/// larger one is the sum of two biases, each of which is rounded. All other stages compute as in packed<Model>;
/// `summary` shows which ones.
///
/// source        Jacob et al. 2018, section 2.2; TensorFlow Lite's 8-bit quantization specification
/// experimental  may change in any version
template <class Model>
struct tflite_fixed_point : Model {
  static constexpr std::string_view variant = "TensorFlow Lite";
};

/// Like `tflite_fixed_point`, with the arithmetic of TensorFlow Lite's optimized kernels on ruy: CONV_2D and
/// FULLY_CONNECTED round once (ties up), and all other operators compute as the reference kernels do. Codes of the two
/// forms differ by at most 1 for the same sum.
///
/// source        ruy, MulParams
/// experimental  may change in any version
template <class Model>
struct tflite_ruy : Model {
  static constexpr std::string_view variant = "TensorFlow Lite, ruy";
};

namespace detail {

template <class Model>
inline constexpr bool is_tflite_ruy = false;
template <class Model>
inline constexpr bool is_tflite_ruy<tflite_ruy<Model>> = true;

template <class Model>
inline constexpr bool is_tflite = is_tflite_ruy<Model>;
template <class Model>
inline constexpr bool is_tflite<tflite_fixed_point<Model>> = true;

/// A real factor as multiplier · 2^(shift - 31), with a multiplier of 0 or from 2^30 to 2^31 - 1.
struct tflite_factor {
  std::int32_t multiplier = 0;
  std::int32_t shift = 0;

  friend bool operator==(const tflite_factor&, const tflite_factor&) = default;
};

/// Returns the nearest factor. Factors below 2^-32 are 0.
[[nodiscard]] inline tflite_factor tflite_factor_of(double real) noexcept {
  if (!(real > 0)) return {};
  int shift = 0;
  auto multiplier = static_cast<std::int64_t>((std::round)(std::frexp(real, &shift) * 0x1p31));
  if (multiplier == std::int64_t{1} << 31) {
    multiplier /= 2;
    ++shift;
  }
  return shift < -31 || shift > 30 ? tflite_factor{} : tflite_factor{static_cast<std::int32_t>(multiplier), shift};
}

/// Returns a · b / 2^31, rounded to nearest, ties up. The only product that does not fit is limited.
[[nodiscard]] constexpr std::int32_t doubling_high_product(std::int32_t a, std::int32_t b) noexcept {
  constexpr std::int32_t lowest = (std::numeric_limits<std::int32_t>::min)();
  if (a == lowest && b == lowest) return (std::numeric_limits<std::int32_t>::max)();
  const std::int64_t product = std::int64_t{a} * b;
  const std::int64_t nudge = product >= 0 ? std::int64_t{1} << 30 : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}

/// Returns x / 2^exponent, rounded to nearest, ties away from 0.
///
/// exponent  0 to 31
[[nodiscard]] constexpr std::int32_t rounded_shift(std::int32_t x, std::int32_t exponent) noexcept {
  const std::int64_t mask = (std::int64_t{1} << exponent) - 1;
  const std::int64_t remainder = x & mask, threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return static_cast<std::int32_t>((std::int64_t{x} >> exponent) + (remainder > threshold ? 1 : 0));
}

/// Multiplies an integer by a factor, with both roundings.
[[nodiscard]] constexpr std::int32_t tflite_product(std::int32_t x, tflite_factor f) noexcept {
  const std::int32_t left = f.shift > 0 ? f.shift : 0;
  const auto shifted = static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << left);
  return rounded_shift(doubling_high_product(shifted, f.multiplier), left - f.shift);
}

/// Multiplies an integer by a factor and rounds once, ties up. A result beyond 32 bits is limited.
[[nodiscard]] constexpr std::int32_t tflite_product_rounded_once(std::int32_t x, tflite_factor f) noexcept {
  using limits = std::numeric_limits<std::int32_t>;
  const std::int32_t shift = 31 - f.shift;
  const std::int64_t result = (std::int64_t{x} * f.multiplier + (std::int64_t{1} << shift >> 1)) >> shift;
  return static_cast<std::int32_t>(result<(limits::min)() ? (limits::min)() : result>(limits::max)() ? (limits::max)()
                                                                                                     : result);
}

/// The kinds of stages that compute with TensorFlow Lite's arithmetic.
enum class tflite_stage { none, product, sum, average };

/// The quantizer of a stage, or of the quantize layer that ends the model; `real` if there is none.
template <class Plan>
struct tflite_outputs {
  static constexpr bool last = [] {
    if constexpr (Plan::has_quantizer || Plan::ops == 0) return false;
    else return quantizes<typename Plan::template op<Plan::ops - 1>>;
  }();
  using type = typename quantizer_of<typename Plan::layer_graph::template layer<Plan::end - 1>>::type;
};

template <class Quantizer>
inline constexpr bool rounds_to_bytes = [] {
  if constexpr (requires { requires Quantizer::rounds; }) return is_bytes(Quantizer::storage);
  else return false;
}();

/// Returns the kind of a stage in a `tflite_fixed_point` model.
template <class Plan>
constexpr tflite_stage tflite_stage_of() {
  using out = tflite_outputs<Plan>;
  if constexpr (rounds_to_bytes<typename out::type>) {
    [[maybe_unused]] constexpr std::size_t ops = Plan::ops - (out::last ? 1 : 0);
    // Layers from `first` on: clips, max pools and, before the clips, biases.
    [[maybe_unused]] constexpr auto simple = []<std::size_t First>(std::integral_constant<std::size_t, First>,
                                                                   bool may_bias) {
      bool possible = true, clipped = !may_bias;
      [[maybe_unused]] const auto see = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
        using layer = typename Plan::template op<Index>;
        if constexpr (Index >= First && Index < Plan::ops - (tflite_outputs<Plan>::last ? 1 : 0)) {
          if constexpr (clip_layer<layer>) clipped = true;
          else if constexpr (std::is_same_v<layer, bias>) possible = possible && !clipped;
          else if constexpr (Plan::template is_pool<Index>)
            possible = possible && !Plan::template averages<Index> && Plan::has_product && Plan::has_quantizer;
          else possible = false;
        }
      };
      [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (see(std::integral_constant<std::size_t, Index>{}), ...);
      }(typename Plan::indices{});
      return possible;
    };
    if constexpr (Plan::has_product) {
      if (Plan::integer_sums && Plan::pools <= 1 && Plan::joins == 0 &&
          simple(std::integral_constant<std::size_t, 0>{}, true))
        return tflite_stage::product;
    } else if constexpr (is_bytes(Plan::inputs::storage) && ops > 0) {
      using first = typename Plan::template op<0>;
      if constexpr (std::is_same_v<first, add>) {
        if (is_bytes(Plan::template second_inputs<0>::storage) && Plan::joins == 1 && Plan::pools == 0 &&
            simple(std::integral_constant<std::size_t, 1>{}, false))
          return tflite_stage::sum;
      } else if constexpr (Plan::template averages<0>) {
        constexpr geometry g = first::pool_over(Plan::in);
        if (ops == 1 && Plan::has_quantizer && Plan::inputs::storage == Plan::outputs::storage &&
            g.padding == extent{0, 0} && (g.out.height - 1) * g.stride.height + g.kernel.height <= g.in.height &&
            (g.out.width - 1) * g.stride.width + g.kernel.width <= g.in.width)
          return tflite_stage::average;
      }
    }
  }
  return tflite_stage::none;
}

}  // namespace detail

}  // namespace minnow
