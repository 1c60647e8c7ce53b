#pragma once

// Networks that are written as ONNX files, with random batch norms and states.

#include <cstdint>
#include <span>
#include <string_view>

#include <minnow/core/random.hpp>
#include <minnow/model.hpp>
#include <minnow/quantize/methods.hpp>
#include <minnow/train/network.hpp>

namespace minnow::onnx_test {

/// Layers of floats: windows that are not square, padding that differs on opposite sides, groups, joins, pools.
struct onnx_floats : model<image<3, 8, 9>, conv<6, real, kernel<3, 2>, stride<2>, same>, bias, batch_norm, relu,
                           residual<chain<conv<6>, batch_norm>>, relu6,
                           concatenated<chain<conv<4, real, kernel<1>, padding<0>>, hard_tanh>>, depthwise_conv<>,
                           conv<8, real, groups<2>, padding<0, 1, 2, 0>>, max_pool<2, stride<1>, same>,
                           average_pool<2, padding<1>>, dense<7>, bias, relu, dense<4>> {};
struct onnx_global : model<image<2, 5, 4>, conv<5>, relu, global_average_pool, dense<3>, batch_norm> {};

/// Quantizers of every kind that QONNX has.
struct onnx_codes
    : model<image<3, 8, 8>, conv<8, scheme<pixels, sign>>, max_pool<2>, batch_norm,
            conv<8, scheme<sign, integer<4, per_channel>>>, batch_norm, conv<6, scheme<ternary<>, ternary<>>>,
            batch_norm, multi_threshold<3>, conv<6, scheme<given_integer<0, 3>, lsq<3>>>, batch_norm,
            residual<chain<conv<6, trained_ternary>, batch_norm, quantize<integer<8>>>, chain<>, given_affine<8>>,
            dense<9, scheme<sign_nonnegative, given_sign<per_channel>>>, bias,
            dense<8, scheme<uniform<4>, scaled_sign<>>>, batch_norm, dense<7, scheme<given_sign<>, abc_weights<3>>>,
            batch_norm, dense<6, scheme<clipped<unsigned_integer<4>>, half>>, batch_norm,
            dense<4, scheme<scaled_sign<per_tensor>, uniform<8>>>> {};
struct onnx_features : model<features<5>, dense<6, scheme<given_integer<-2, 1>, real>>, batch_norm, dense<3>> {};
struct onnx_bytes : model<image<1, 4, 4>, conv<3, scheme<unsigned_pixels, real>>, relu, dense<2>> {};

/// A network that is trained, written, and read again by scripts/import.
struct onnx_trained
    : model<image<2, 7, 6>, conv<6, scheme<integer<8>, integer<4, per_channel>>>, batch_norm, relu,
            conv<8, scheme<unsigned_integer<4>, ternary<>>, stride<2>>, batch_norm,
            residual<chain<conv<8, scheme<sign, sign>>, batch_norm>>, max_pool<2>,
            dense<6, scheme<sign_nonnegative, sign>>, batch_norm, dense<3, scheme<ternary<>, integer<3>>>, bias> {};

/// Draws batch norms, biases, thresholds and the states of quantizers of maps.
inline void draw_for_onnx(network_base& net) {
  minnow::random r(seed{3});
  net.arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
    for (float& v : values) {
      if (name == "variance") v = r.uniform(0.5f, 2);
      if (name == "gamma" || name == "beta" || name == "mean" || name == "bias") v = r.uniform(-1, 1);
      if (name == "thresholds") v = r.uniform(-1, 1);
      if (name == "state" && (path.ends_with("inputs") || path.ends_with("carrier") || path.ends_with("body.2")))
        v = r.uniform(0.2f, 0.4f);
    }
    if (name == "state" && path.ends_with("carrier")) values[1] = 100;
  });
}

}  // namespace minnow::onnx_test
