#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <minnow/core/affine.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/ends/sums.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/real.hpp>

/// Running a stage through maps of floats.
namespace minnow::detail {

/// Returns the values of a packed map. Floats are returned in place. Codes are unpacked into `to` and multiplied by
/// the scale `unit`.
template <class Quantizer>
const float* values(const std::byte* packed, shape s, float unit, float* to) noexcept {
  if constexpr (std::is_same_v<Quantizer, real>) {
    return reinterpret_cast<const float*>(packed);
  } else {
    kernels::unpack_inputs<operand_of<Quantizer>::storage, operand_of<Quantizer>::bits>(packed, s.pixels(), s.channels,
                                                                                        to);
    if (unit != 1)
      for (int k = 0; k < s.size(); ++k) to[k] *= unit;
    return to;
  }
}

/// Computes the whole map of sums and multiplies each channel by its scale.
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
  for (int pixel = 0; pixel < s.pixels(); ++pixel, from += s.channels)
    for (int c = 0; c < s.channels; c += word_bits) {
      kernels::code<Quantizer::storage> codes[word_bits];
      const int count = std::min(word_bits, s.channels - c);
      for (int i = 0; i < count; ++i)
        codes[i] = static_cast<kernels::code<Quantizer::storage>>(Quantizer::code(from[c + i], state));
      kernels::pack_inputs<operand::storage, operand::bits>(codes, 1, count, to);
      to += kernels::pixel_bytes<operand::storage, operand::bits>(count);
    }
}

}  // namespace minnow::detail
