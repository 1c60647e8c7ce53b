#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/layers.hpp>
#include <minnow/infer/ends/float_maps.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/real.hpp>

namespace minnow::detail {

/// The constants of a stage that computes with floats, in `floats` of a `firmware_stage`: the scales of the sums
/// (without a product: one scale, of the inputs' codes), the arrays of the layers, the state of the quantizer.
template <class Plan>
struct firmware_floats {
  static constexpr std::size_t scales = Plan::has_product ? index(Plan::window.out.channels) : 1;

  template <std::size_t Index>
  static constexpr shape in = Plan::layer_graph::template in<Plan::ops_begin + Index>;
  /// Position of the constants of layer `Index`; for Index = Plan::ops the position of the quantizer's state.
  template <std::size_t Index>
  static constexpr std::size_t place() {
    if constexpr (Index == 0) return scales;
    else return place<Index - 1>() + firmware_constants<typename Plan::template op<Index - 1>>(in<Index - 1>);
  }

  /// True if the device can compute all layers of the stage.
  static constexpr bool supports_layers = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return (has_firmware<typename Plan::template op<Index>> && ...);
  }(typename Plan::indices{});

  template <class Constants, class Arrays>
  static void put(const Constants& constants, Arrays& to) {
    Constants::arrays(constants,
                      [&](std::size_t, std::string_view, std::span<const float> values) { append(to.floats, values); });
  }
  [[nodiscard]] static auto out_state(const float* floats) noexcept {
    return state_from<typename Plan::outputs>(floats + place<Plan::ops>());
  }
};

/// Epilogue in floats: each layer, and then the quantizer, is applied to a whole map of floats. In the last stage,
/// layers that are functions of one number are applied to each sum, and need no map.
template <class Plan>
struct firmware_end<Plan, stage_end::floats> : firmware_floats<Plan> {
  using constants = firmware_floats<Plan>;
  static constexpr bool in_place = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return Plan::has_product && !Plan::has_quantizer && (firmware_function<typename Plan::template op<Index>> && ...);
  }(typename Plan::indices{});

  /// True for a stage that only quantizes codes to other codes. It computes one word of channels at a time, and needs no
  /// map of floats. Large maps of bytes use a table of the codes of all bytes.
  static constexpr bool quantizes_codes =
      !Plan::has_product && Plan::ops == 0 && Plan::has_quantizer && !std::is_same_v<typename Plan::inputs, real>;

  /// Sink (kernels/sink/sink.hpp) that turns sums into the values of the last layer.
  struct value_sink {
    const float* floats;
    float* to;

    void put(int y, int x, int channel, int filters, const std::int32_t* sums) const noexcept {
      float* values = to + (y * Plan::window.out.width + x) * Plan::window.out.channels + channel;
      for (int f = 0; f < filters; ++f) {
        float value = rounded_product(static_cast<float>(sums[f]), floats[channel + f]);
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
          ((value = apply_on_device<typename Plan::template op<Index>>(
                floats + constants::template place<Index>(), constants::template in<Index>, value, channel + f)),
           ...);
        }(typename Plan::indices{});
        values[f] = value;
      }
    }
  };

  static constexpr stage_memory memory() {
    stage_memory m = float_map_memory<Plan, works_in_place>();
    return in_place || quantizes_codes ? stage_memory{} : m;
  }

  template <class Data, class Product>
  static void run(const stage_run<Plan>& r) noexcept {
    const float* floats = Data::stage().floats;
    if constexpr (in_place) {
      multiply_on_device<Product>(r, value_sink{floats, reinterpret_cast<float*>(r.output)});
    } else if constexpr (quantizes_codes) {
      quantize_codes(r, floats);
    } else {
      const float* from = r.floats[0];
      if constexpr (Plan::has_product) multiply<Product>(r.work, floats, r.floats[0]);
      else
        from = values<typename Plan::inputs>(r.work.operands.inputs, Plan::in, floats[0], r.work.operands.zero,
                                             r.floats[0]);
      from = run_layers<works_in_place>(
          r, from, [&](auto i, const float* in, [[maybe_unused]] const float* other, float* out) {
            using layer = typename Plan::template op<i>;
            const float* of_layer = floats + constants::template place<i>();
            constexpr shape body = constants::template in<i>;
            if constexpr (join_layer<layer>)
              firmware_layer<layer>::run(of_layer, body, Plan::layer_graph::template second_in<Plan::ops_begin + i>, in,
                                         other, out);
            else run_on_device<layer>(of_layer, body, in, out);
          });
      encode<typename Plan::outputs>(from, constants::out_state(floats), r.output, Plan::out);
    }
  }

private:
  using in = operand_of<typename Plan::inputs>;
  using out = operand_of<typename Plan::outputs>;

  static void quantize_codes(const stage_run<Plan>& r, const float* floats) noexcept {
    const auto state = constants::out_state(floats);
    const std::byte* from = r.work.operands.inputs;
    std::byte* to = r.output;
    constexpr bool has_table = is_bytes(in::storage) && is_planes(out::storage) && Plan::in.size() > 512;
    std::int8_t codes_of[has_table ? 256 : 1];
    if constexpr (has_table) fill(codes_of, floats, r.work.operands.zero);
    for (int pixel = 0; pixel < Plan::in.pixels(); ++pixel)
      for (int c = 0; c < Plan::in.channels; c += word_bits) {
        const shape word{1, 1, (std::min)(word_bits, Plan::in.channels - c)};
        if constexpr (has_table) {
          kernels::code<out::storage> codes[word_bits];
          for (int i = 0; i < word.channels; ++i) codes[i] = codes_of[static_cast<std::uint8_t>(from[i])];
          kernels::pack_inputs<out::storage, out::bits>(codes, 1, word.channels, to);
        } else {
          float numbers[word_bits];
          encode<typename Plan::outputs>(
              values<typename Plan::inputs>(from, word, floats[0], r.work.operands.zero, numbers), state, to, word);
        }
        from += kernels::pixel_bytes<in::storage, in::bits>(word.channels);
        to += kernels::pixel_bytes<out::storage, out::bits>(word.channels);
      }
  }
  /// Computes the codes of all bytes.
  [[gnu::noinline]] static void fill(std::int8_t* codes_of, const float* floats, int zero) noexcept {
    const auto state = constants::out_state(floats);
    for (int first = 0; first < 256; first += word_bits) {
      std::byte bytes[word_bits];
      float numbers[word_bits];
      for (int i = 0; i < word_bits; ++i) bytes[i] = static_cast<std::byte>(first + i);
      values<typename Plan::inputs>(bytes, {1, 1, word_bits}, floats[0], zero, numbers);
      for (int i = 0; i < word_bits; ++i)
        codes_of[first + i] = static_cast<std::int8_t>(Plan::outputs::code(numbers[i], state));
    }
  }
};

}  // namespace minnow::detail
