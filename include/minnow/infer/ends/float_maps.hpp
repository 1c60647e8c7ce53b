#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/stage_run.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/real.hpp>

/// Conversions between packed maps, sums and maps of floats, for packed networks and for firmware.
namespace minnow::detail {

/// Returns the values of a packed map. Floats are returned in place. Codes are unpacked into `to` and multiplied by
/// `scale`.
///
/// zero  the quantizer's zero point
template <class Quantizer>
const float* values(const std::byte* packed, shape s, float scale, [[maybe_unused]] int zero, float* to) noexcept {
  if constexpr (std::is_same_v<Quantizer, real>) {
    return reinterpret_cast<const float*>(packed);
  } else {
    kernels::unpack_inputs<operand_of<Quantizer>::storage, operand_of<Quantizer>::bits>(packed, s.pixels(), s.channels,
                                                                                        to);
    if constexpr (affine_quantizer<Quantizer>)
      for (int k = 0; k < s.size(); ++k) to[k] -= static_cast<float>(zero);
    if (scale != 1)
      for (int k = 0; k < s.size(); ++k) to[k] *= scale;
    return to;
  }
}

/// Computes all sums of a product and multiplies each channel by its scale.
template <class Product>
void multiply(const stage_work& w, const float* scales, float* to) noexcept {
  auto* sums = reinterpret_cast<typename Product::sum_type*>(w.sums);
  const int channels = w.window.out.channels;
  store_sums<Product>(w, 0, w.window.out.height);
  if (w.watcher != nullptr) w.watcher->sums(w.layer, 0, w.window.out.height, sums);
  for (int pixel = 0; pixel < w.window.out.pixels(); ++pixel, to += channels, sums += kernels::sum_stride(channels))
    for (int c = 0; c < channels; ++c) to[c] = rounded_product(static_cast<float>(sums[c]), scales[c]);
}

/// Packs the codes of one image's values, one word of channels at a time.
template <class Quantizer>
void encode(const float* from, const typename Quantizer::state& state, std::byte* to, shape s) {
  using operand = operand_of<Quantizer>;
  using number = kernels::code<Quantizer::storage>;
  for (int pixel = 0; pixel < s.pixels(); ++pixel, from += s.channels)
    for (int c = 0; c < s.channels; c += word_bits) {
      number codes[word_bits];
      const int count = (std::min)(word_bits, s.channels - c);
      for (int i = 0; i < count; ++i) codes[i] = static_cast<number>(Quantizer::code(from[c + i], state));
      if constexpr (affine_quantizer<Quantizer>)
        for (int i = 0; i < count; ++i) codes[i] = static_cast<number>(codes[i] + Quantizer::zero(state));
      kernels::pack_inputs<operand::storage, operand::bits>(codes, 1, count, to);
      to += kernels::pixel_bytes<operand::storage, operand::bits>(count);
    }
}

/// The float buffer, 0 or 1, to which each layer of a stage writes. A layer reads the buffer of the layer before it, and
/// writes to the other buffer or, if it works in place, to the same one. The first layer reads buffer 0, or a map of
/// floats that it must not overwrite.
///
/// InPlace  InPlace<Layer>::value is true for layers that may write to the map that they read
template <class Plan, template <class> class InPlace>
constexpr auto float_buffers() {
  std::array<std::size_t, Plan::ops + 1> written{};
  bool owned = Plan::has_product || !std::is_same_v<typename Plan::inputs, real>;
  std::size_t at = 0;
  [[maybe_unused]] const auto see = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    if (!owned || !InPlace<typename Plan::template op<Index>>::value) at = 1 - at;
    written[Index] = at;
    owned = true;
  };
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (see(std::integral_constant<std::size_t, Index>{}), ...);
  }(typename Plan::indices{});
  return written;
}

/// The buffers of a stage that applies its layers to whole maps of floats.
template <class Plan, template <class> class InPlace>
constexpr stage_memory float_map_memory() {
  stage_memory m;
  const auto bytes = [](const shape& s) { return index(s.size()) * sizeof(float); };
  if constexpr (Plan::has_product) {
    m.sums = sum_bytes<Plan>(Plan::window.out.height);
    m.floats[0] = bytes(Plan::window.out);
  } else if constexpr (!std::is_same_v<typename Plan::inputs, real>) {
    m.floats[0] = bytes(Plan::in);
  }
  const auto add = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index>) {
    using layers = typename Plan::layer_graph;
    constexpr std::size_t layer = Plan::ops_begin + Index;
    auto& written = m.floats[float_buffers<Plan, InPlace>()[Index]];
    written = (std::max)(written, bytes(layers::template out<layer>));
    if constexpr (join_layer<typename Plan::template op<Index>>)
      if constexpr (!std::is_same_v<typename Plan::template second_inputs<Index>, real>)
        m.floats[2] = (std::max)(m.floats[2], bytes(layers::template second_in<layer>));
  };
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (add(std::integral_constant<std::size_t, Index>{}), ...);
  }(typename Plan::indices{});
  return m;
}

/// Applies the layers of a stage to the map `from`, and returns the last map.
///
/// run_layer  run_layer(i, in, other, out) computes layer i, a std::integral_constant, on maps of floats; `other` is
///            the second input of a join
template <template <class> class InPlace, class Plan, class RunLayer>
const float* run_layers(const stage_run<Plan>& r, const float* from, RunLayer&& run_layer) {
  const auto step = [&]<std::size_t Index>(std::integral_constant<std::size_t, Index> i) {
    const float* other = nullptr;
    if constexpr (join_layer<typename Plan::template op<Index>>) {
      constexpr shape s = Plan::layer_graph::template second_in<Plan::ops_begin + Index>;
      other = values<typename Plan::template second_inputs<Index>>(r.others[Index], s, 1, r.other_zeros[Index],
                                                                   r.floats[2]);
    }
    float* to = r.floats[float_buffers<Plan, InPlace>()[Index]];
    run_layer(i, from, other, to);
    from = to;
  };
  [&]<std::size_t... Index>(std::index_sequence<Index...>) {
    (step(std::integral_constant<std::size_t, Index>{}), ...);
  }(typename Plan::indices{});
  return from;
}

}  // namespace minnow::detail
