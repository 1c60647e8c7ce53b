#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/core/error.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/quantize/real.hpp>

/// Running a stage that ends in one-byte codes: its layers are applied to blocks of sums as floats.
namespace minnow::detail {

/// A quantizer whose `code` takes SIMD batches as well as single numbers.
template <class Quantizer, class Value>
concept codes_vectors =
    !std::is_same_v<Value, kernels::plain_floats> && requires(Value x, const typename Quantizer::state s) {
      { Quantizer::code(x, s) } -> std::same_as<Value>;
    };

/// Computes the codes of 16 numbers, with SIMD if the quantizer supports it.
template <class Quantizer, class Arch>
void code_block(const float (&x)[kernels::block_filters], const typename Quantizer::state& state,
                kernels::byte_code<Quantizer::storage>* codes) {
  using numbers = kernels::float_vector<Arch>;
  float rounded[kernels::block_filters];
  if constexpr (codes_vectors<Quantizer, numbers>) {
    for (std::size_t i = 0; i < kernels::block_filters; i += numbers::size)
      Quantizer::code(numbers::load_unaligned(x + i), state).store_unaligned(rounded + i);
  } else {
    for (int i = 0; i < kernels::block_filters; ++i) rounded[i] = static_cast<float>(Quantizer::code(x[i], state));
  }
  for (int i = 0; i < kernels::block_filters; ++i)
    codes[i] = static_cast<kernels::byte_code<Quantizer::storage>>(rounded[i]);
}

/// Context of `encode_block`.
template <class Stage>
struct encoded_stage {
  const Stage* stage;
  first_exception* failure;  ///< thrown by a user's rule; it must not propagate through a kernel
  std::array<const std::byte*, Stage::plan::ops> others;  ///< for each join, the map of its other input
};

template <class Layer>
constexpr bool op_is_noexcept() {
  if constexpr (requires(const inferable<Layer>& reading) { reading.apply(0.0f, 0); })
    return noexcept(std::declval<const inferable<Layer>&>().apply(0.0f, 0));
  else return true;
}

/// Whether the quantizer of a stage, or a layer before it in the stage, is not noexcept.
template <class Plan>
constexpr bool rules_may_throw() {
  using q = typename Plan::outputs;
  bool may = !noexcept(q::code(0.0f, std::declval<const typename q::state&>()));
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    ((may = may || !op_is_noexcept<typename Plan::template op<Index>>()), ...);
  }(typename Plan::indices{});
  return may;
}

/// Applies the layers of a stage, and its quantizer, to a block of sums.
template <class Stage, class Arch>
void encode_values(const void* context, const std::int32_t* sums, int pixel, int channel,
                   byte_code_of<typename Stage::plan>* codes) {
  using p = typename Stage::plan;
  using q = typename p::outputs;
  constexpr int count = kernels::block_filters;
  const auto& given = *static_cast<const encoded_stage<Stage>*>(context);
  const auto& self = *given.stage;
  float x[count] = {};
  // Only some channels of a last block have constants. For all other blocks the loop length is a compile-time
  // constant.
  const int used = p::window.out.channels - channel;
  const auto each = [&](auto&& body) {
    if (used >= count)
      for (int f = 0; f < count; ++f) body(f);
    else
      for (int f = 0; f < used; ++f) body(f);
  };
  const float* scales = self.constants.scales.data() + channel;
  each([&](int f) { x[f] = rounded_product(static_cast<float>(sums[f]), scales[f]); });
  self.each_op([&](auto i, const auto& reading) {
    if constexpr (join_layer<typename p::template op<i>>) {
      using second = typename p::template second_inputs<i>;
      using number = std::conditional_t<std::is_same_v<second, real>, float, kernels::byte_code<second::storage>>;
      const auto* other = reinterpret_cast<const number*>(given.others[i]) + pixel * p::window.out.channels + channel;
      each([&](int f) { x[f] = reading.apply(x[f], static_cast<float>(other[f])); });
    } else if constexpr (i != p::pool) {
      each([&](int f) { x[f] = reading.apply(x[f], channel + f); });
    }
  });
  code_block<q, Arch>(x, self.constants.out_state, codes);
}

/// Calls `encode_values` for a `byte_sink`. An exception of a user's rule is kept in the context.
template <class Stage, class Arch>
void encode_block(const void* context, const std::int32_t* sums, int pixel, int channel,
                  byte_code_of<typename Stage::plan>* codes) noexcept {
  if constexpr (rules_may_throw<typename Stage::plan>()) {
    first_exception& failure = *static_cast<const encoded_stage<Stage>*>(context)->failure;
    if (!failure.caught()) failure.keep([&] { encode_values<Stage, Arch>(context, sums, pixel, channel, codes); });
  } else {
    encode_values<Stage, Arch>(context, sums, pixel, channel, codes);
  }
}

}  // namespace minnow::detail
