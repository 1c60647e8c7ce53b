#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/core/error.hpp>
#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/infer/ends/sums.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/quantize/real.hpp>

namespace minnow::detail {

/// A quantizer whose `code` takes SIMD batches as well as single numbers.
template <class Quantizer, class Value>
concept codes_vectors =
    !std::is_same_v<Value, kernels::plain_floats> && requires(Value x, const typename Quantizer::state s) {
      { Quantizer::code(x, s) } -> std::same_as<Value>;
    };

/// Computes the bytes that store the codes of 16 numbers, with SIMD if the quantizer supports it.
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
  const int zero = zero_point<Quantizer>(state);
  for (int i = 0; i < kernels::block_filters; ++i)
    codes[i] = static_cast<kernels::byte_code<Quantizer::storage>>(static_cast<int>(rounded[i]) + zero);
}

/// Context of `encode_block`.
template <class Plan>
struct encode_context {
  const layer_constants<Plan>* constants;
  first_exception* failure;        ///< an exception of a user's function, which must not propagate through a kernel
  const std::byte* const* others;  ///< for each layer with two inputs, the packed map of its other input
  const int* other_zeros;          ///< zero points of these maps
};

template <class Layer>
constexpr bool op_is_noexcept() {
  if constexpr (requires(const inferable<Layer>& reading) { reading.apply(0.0f, 0); })
    return noexcept(std::declval<const inferable<Layer>&>().apply(0.0f, 0));
  else return true;
}

/// Returns true if a function of a stage's quantizer or layers is not noexcept.
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
template <class Plan, class Arch>
void encode_values(const void* context, const std::int32_t* sums, int pixel, int channel, byte_code_of<Plan>* codes) {
  using q = typename Plan::outputs;
  constexpr int count = kernels::block_filters;
  const auto& given = *static_cast<const encode_context<Plan>*>(context);
  const layer_constants<Plan>& constants = *given.constants;
  float x[count] = {};
  // The last block may have fewer than 16 channels, and only these have constants. For all other blocks the loop length
  // is a compile-time constant.
  const int used = Plan::window.out.channels - channel;
  const auto each = [&](auto&& body) {
    if (used >= count)
      for (int f = 0; f < count; ++f) body(f);
    else
      for (int f = 0; f < used; ++f) body(f);
  };
  const float* scales = constants.scales.data() + channel;
  each([&](int f) { x[f] = rounded_product(static_cast<float>(sums[f]), scales[f]); });
  constants.each_op([&](auto i, const auto& reading) {
    if constexpr (join_layer<typename Plan::template op<i>>) {
      using second = typename Plan::template second_inputs<i>;
      using number = std::conditional_t<std::is_same_v<second, real>, float, kernels::byte_code<second::storage>>;
      const auto* other =
          reinterpret_cast<const number*>(given.others[i]) + pixel * Plan::window.out.channels + channel;
      const auto zero = static_cast<number>(given.other_zeros[i]);
      each([&](int f) { x[f] = reading.apply(x[f], static_cast<float>(other[f] - zero)); });
    } else if constexpr (i != Plan::pool) {
      each([&](int f) { x[f] = reading.apply(x[f], channel + f); });
    }
  });
  code_block<q, Arch>(x, constants.out_state, codes);
}

/// Calls `encode_values` for a `byte_sink`. If a user's function throws, the exception is stored in the context.
template <class Plan, class Arch>
void encode_block(const void* context, const std::int32_t* sums, int pixel, int channel,
                  byte_code_of<Plan>* codes) noexcept {
  if constexpr (rules_may_throw<Plan>()) {
    first_exception& failure = *static_cast<const encode_context<Plan>*>(context)->failure;
    if (!failure.caught()) failure.keep([&] { encode_values<Plan, Arch>(context, sums, pixel, channel, codes); });
  } else {
    encode_values<Plan, Arch>(context, sums, pixel, channel, codes);
  }
}

/// Writes -1 for each channel whose pool takes the smallest code (kernels/sink/byte_sink.hpp), else 0.
template <class Plan>
void find_smallest(const layer_constants<Plan>& constants, std::int32_t* smallest) noexcept {
  for (int c = 0; c < Plan::window.out.channels; ++c) {
    int direction = Plan::outputs::scale(constants.out_state) < 0 ? -1 : 1;
    constants.each_op([&](auto i, const auto& reading) {
      if constexpr (i > Plan::pool) direction *= reading.direction(c);
    });
    smallest[c] = direction < 0 ? -1 : 0;
  }
}

/// The end of a stage that outputs one-byte codes. As soon as the kernel has computed a tile of sums, the layers and
/// the quantizer are applied to it in floats, in blocks of 16 sums. The layers compute the same functions as in
/// `stage_end::floats`.
template <class Plan>
struct end_of<Plan, stage_end::requantize> : layer_constants<Plan> {
  static constexpr stage_memory memory() {
    stage_memory m;
    m.sums = sum_bytes<Plan>(1);  // holds the sums for a `trace`, and `smallest` for a pool
    return m;
  }

  template <class Product, class Arch>
  void run(const stage_run<Plan>& r) const {
    if (r.work.watcher != nullptr) watch<Product>(r.work);
    auto* smallest = reinterpret_cast<std::int32_t*>(r.work.sums);
    if constexpr (Plan::pools > 0) find_smallest(*this, smallest);
    first_exception failure;
    const encode_context<Plan> context{this, &failure, r.others.data(), r.other_zeros.data()};
    const kernels::byte_sink<byte_code_of<Plan>> codes{encode_block<Plan, Arch>, &context, Plan::pool_window, smallest,
                                                       r.output};
    multiply_into<Product>(r.work, codes);
    failure.pass_on();
  }
};

}  // namespace minnow::detail
