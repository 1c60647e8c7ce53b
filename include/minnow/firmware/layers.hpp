#pragma once

#include <cstddef>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/firmware/exact_fma.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/join.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/layers/quantize.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow {

/// The form that a layer between products has on a device: functions of floats whose constants are in read-only memory.
/// The constants are the arrays of the layer's `inferable`, one after the other. A layer whose `inferable` has no arrays
/// needs no specialization. A specialization for a user's layer provides
///
///   static constexpr std::size_t constants(shape in)   number of floats
///   static float apply(const float* constants, shape in, float x, int channel)   the layer as a function of one
///                                                      number; it must return the same number as `inferable`. Compute
///                                                      x * y + z with `exact_fma`
///
/// or, for a layer that is no function of one number, in place of `apply`
///
///   static void run(const float* constants, shape in, const float* from, float* to)
template <class Layer>
struct firmware_layer {};

template <>
struct firmware_layer<batch_norm> {
  static constexpr std::size_t constants(shape in) noexcept { return 2 * index(in.channels); }
  static float apply(const float* constants, shape in, float x, int channel) noexcept {
    return detail::exact_fma(x, constants[channel], constants[in.channels + channel]);
  }
};

template <>
struct firmware_layer<bias> {
  static constexpr std::size_t constants(shape in) noexcept { return index(in.channels); }
  static float apply(const float* constants, shape, float x, int channel) noexcept { return x + constants[channel]; }
};

/// The thresholds are followed by the step and the offset.
template <int Count>
struct firmware_layer<multi_threshold<Count>> {
  static constexpr std::size_t constants(shape in) noexcept { return index(in.channels) * index(Count) + 2; }
  static float apply(const float* constants, shape in, float x, int channel) noexcept {
    const float* step = constants + index(in.channels) * index(Count);
    const float* thresholds = constants + index(channel) * index(Count);
    int reached = 0;
    for (int i = 0; i < Count; ++i) reached += x >= thresholds[i];
    return detail::exact_fma(step[0], static_cast<float>(reached), step[1]);
  }
};

template <class Quantizer>
struct firmware_layer<quantize<Quantizer>> {
  static constexpr std::size_t constants(shape) noexcept { return index(state_floats<Quantizer>); }
  static float apply(const float* constants, shape, float x, int) noexcept {
    const auto state = detail::state_from<Quantizer>(constants);
    return static_cast<float>(Quantizer::code(x, state)) * Quantizer::scale(state);
  }
};

/// The second input of a join has a scale.
template <>
struct firmware_layer<add> {
  static constexpr std::size_t constants(shape) noexcept { return 1; }
  static float join(const float* constants, float body, float other) noexcept {
    return detail::exact_fma(other, constants[0], body);
  }
  static void run(const float* constants, shape body, shape, const float* from, const float* other,
                  float* to) noexcept {
    for (int k = 0; k < body.size(); ++k) to[k] = join(constants, from[k], other[k]);
  }
};

template <join_layer Join>
struct firmware_layer<Join> {
  static constexpr std::size_t constants(shape) noexcept { return 1; }
  static void run(const float* constants, shape body, shape other_shape, const float* from, const float* other,
                  float* to) noexcept {
    inferable<Join> join(body, other_shape);
    join.scale[0] = constants[0];
    join.run(from, other, to);
  }
};

namespace detail {

/// A layer with a specialization of `firmware_layer`.
template <class Layer>
concept has_firmware_form = requires(shape in) { firmware_layer<Layer>::constants(in); };

/// A layer whose `inferable` has no arrays, so that it can be constructed on the device.
template <class Layer>
concept has_no_constants = inferable_layer<Layer> && !lists_arrays<inferable<Layer>>;

/// A layer that is a function of one number and its channel on the device.
template <class Layer>
concept firmware_function = requires(const float* constants, shape in) {
  firmware_layer<Layer>::apply(constants, in, 0.0f, 0);
} || (has_no_constants<Layer> && requires(const inferable<Layer> reading) { reading.apply(0.0f, 0); });

/// Functions of one number, and sums of two maps, may overwrite the map that they read.
template <class Layer>
using works_in_place = std::bool_constant<firmware_function<Layer> || std::is_same_v<Layer, add>>;

template <class Layer>
inline constexpr bool has_firmware = has_firmware_form<Layer> || has_no_constants<Layer>;

/// Number of floats that a layer has on the device.
template <class Layer>
constexpr std::size_t firmware_constants(shape in) noexcept {
  if constexpr (has_firmware_form<Layer>) return firmware_layer<Layer>::constants(in);
  else return 0;
}

template <firmware_function Layer>
float apply_on_device(const float* constants, shape in, float x, int channel) noexcept {
  if constexpr (has_firmware_form<Layer>) return firmware_layer<Layer>::apply(constants, in, x, channel);
  else return inferable<Layer>(in).apply(x, channel);
}

/// Computes a layer with one input on a map. For functions of one number, `to` may be `from`.
template <class Layer>
void run_on_device(const float* constants, shape in, const float* from, float* to) noexcept {
  if constexpr (firmware_function<Layer>) {
    for (int pixel = 0; pixel < in.pixels(); ++pixel)
      for (int c = 0; c < in.channels; ++c) *to++ = apply_on_device<Layer>(constants, in, *from++, c);
  } else if constexpr (has_firmware_form<Layer>) {
    firmware_layer<Layer>::run(constants, in, from, to);
  } else {
    inferable<Layer>(in).run(from, to);
  }
}

}  // namespace detail

}  // namespace minnow
