#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include <minnow/core/affine.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/kernels/sink/fixed_codes.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/integer.hpp>

namespace minnow {

/// A model whose packed form converts integer sums to byte codes with an integer multiplication and a shift, for
/// processors without a floating-point unit. pack<fixed_point>(net) returns this form, packed<fixed_point<Model>>.
/// Given the same sums, each code differs by at most 1 from the code of packed<Model>.
///
/// This conversion applies to products whose sums become codes of `integer`, `unsigned_integer` or `affine_integer`
/// after batch_norm, bias, one pool, clips and at most one `add` of codes, and to average pools of such codes.
/// Thresholds (infer/thresholds.hpp), which quantizers with few codes use, are integers in every model. All other
/// layers (the last layer's logits, for example) still use floats; `summary` shows which ones.
///
/// experimental  may change in any version
template <class Model>
struct fixed_point : Model {
  static constexpr std::string_view variant = "fixed point";
};

namespace detail {

template <class Model>
inline constexpr bool is_fixed_point = false;
template <class Model>
inline constexpr bool is_fixed_point<fixed_point<Model>> = true;

/// A layer that a packed network computes by one multiplication and one addition for each channel.
template <class Layer>
concept affine_layer = requires(const inferable<Layer> reading) {
  { reading.at(0) } -> std::convertible_to<affine>;
};
/// A layer that clips values and does nothing else.
template <class Layer>
concept clip_layer = requires {
  { Layer::clip } -> std::convertible_to<interval>;
};

using kernels::fixed_code;

}  // namespace detail

}  // namespace minnow
