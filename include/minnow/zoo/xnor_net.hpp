#pragma once

#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/window_scaled.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/quantize/scheme.hpp>

namespace minnow::zoo {

/// The block of XNOR-Net without its pool: batch norm, then a convolution of binary inputs with binary weights. Each
/// filter's weights have one scale, and each output position is multiplied by the mean magnitude of its window. In the
/// paper a pool may follow. The first and the last layer of the paper's networks use floats.
///
/// in (H,W,C) -> out (H',W',Filters)
/// Options  as for `conv`
/// source   Rastegari et al. 2016 (XNOR-Net), 3.2 and Eq. 11
template <int Filters, class... Options>
using xnor_unit = chain<batch_norm, window_scaled<conv<Filters, scheme<sign, scaled_sign<>>, Options...>>>;

/// Like `xnor_unit`, with a dense layer, whose window is the whole input.
///
/// in (H,W,C) -> out (1,1,Units)
template <int Units>
using xnor_dense_unit = chain<batch_norm, window_scaled<dense<Units, scheme<sign, scaled_sign<>>>>>;

}  // namespace minnow::zoo
