#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/ends/floats.hpp>
#include <minnow/firmware/layers.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/real.hpp>

namespace minnow::detail {

/// Epilogue that computes one-byte codes in floats, for blocks of 16 sums. `floats` is as in `firmware_floats`;
/// `integers` holds the array smallest of `byte_sink` if there is a pool.
template <class Plan>
struct firmware_end<Plan, stage_end::requantize> : firmware_floats<Plan> {
  using constants = firmware_floats<Plan>;
  static constexpr int channels = Plan::window.out.channels;

  static constexpr stage_memory memory() { return {}; }

  template <class Constants, class Arrays>
  static void put(const Constants& from, Arrays& to) {
    constants::put(from, to);
    if constexpr (Plan::pools > 0) {
      to.integers.resize(index(kernels::sum_stride(channels)));
      find_smallest(from, to.integers.data());
    }
  }

  template <class Data, class Product>
  static void run(const stage_run<Plan>& r) noexcept {
    multiply_on_device<Product>(r, kernels::byte_sink<byte_code_of<Plan>>{&codes_of_block<Data>, &r, Plan::pool_window,
                                                                          Data::stage().integers, r.output});
  }

private:
  template <class Data>
  static void codes_of_block([[maybe_unused]] const void* context, const std::int32_t* sums, [[maybe_unused]] int pixel,
                             int channel, byte_code_of<Plan>* codes) noexcept {
    const float* floats = Data::stage().floats;
    const auto state = constants::out_state(floats);
    const int zero = zero_point<typename Plan::outputs>(state);
    const int count = (std::min)(kernels::block_filters, channels - channel);
    for (int f = 0; f < count; ++f) {
      const int c = channel + f;
      float x = rounded_product(static_cast<float>(sums[f]), floats[c]);
      const auto step = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
        using layer = typename Plan::template op<Index>;
        const float* of_layer = floats + constants::template place<Index>();
        if constexpr (join_layer<layer>) {
          using second = typename Plan::template second_inputs<Index>;
          using number = std::conditional_t<std::is_same_v<second, real>, float, kernels::byte_code<second::storage>>;
          const auto& run = *static_cast<const stage_run<Plan>*>(context);
          const number other = reinterpret_cast<const number*>(run.others[Index])[pixel * channels + c];
          const auto other_zero = static_cast<number>(run.other_zeros[Index]);
          x = firmware_layer<layer>::join(of_layer, x, static_cast<float>(other - other_zero));
        } else if constexpr (Index != Plan::pool) {
          x = apply_on_device<layer>(of_layer, constants::template in<Index>, x, c);
        }
      };
      [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        (step(std::integral_constant<std::size_t, Index>{}), ...);
      }(typename Plan::indices{});
      codes[f] = static_cast<byte_code_of<Plan>>(static_cast<int>(Plan::outputs::code(x, state)) + zero);
    }
  }
};

}  // namespace minnow::detail
