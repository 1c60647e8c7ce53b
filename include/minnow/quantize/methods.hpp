#pragma once

#include <minnow/quantize/dorefa.hpp>
#include <minnow/quantize/half_wave.hpp>
#include <minnow/quantize/lsq.hpp>
#include <minnow/quantize/pact.hpp>
#include <minnow/quantize/scaled_ternary.hpp>
#include <minnow/quantize/scheme.hpp>
#include <minnow/quantize/trained_ternary.hpp>

/// The methods that the papers compare with, as schemes of a layer: all are trained with `ste`, Bi-Real's with `bi_real`.
namespace minnow::methods {

/// Courbariaux et al. 2015 (BinaryConnect): real inputs, binary weights.
using binary_connect = scheme<real, sign>;
/// Courbariaux et al. 2016 (BNN): both binary.
using bnn = scheme<sign, sign>;
/// Rastegari et al. 2016: binary weights with a scale for each filter; inputs real …
using bwn = scheme<real, scaled_sign<>>;
/// … or binary, with a scale for the tensor.
using xnor_net = scheme<scaled_sign<per_tensor>, scaled_sign<>>;
/// Li & Liu 2016: ternary weights with a scale, real inputs.
using twn = scheme<real, scaled_ternary<>>;
/// Zhu et al. 2017: ternary weights with two learned scales, real inputs.
using ttq = scheme<real, trained_ternary>;
/// Zhou et al. 2016.
template <int WeightBits, int InputBits>
using dorefa = scheme<dorefa_inputs<InputBits>, dorefa_weights<WeightBits>>;
/// Cai et al. 2017: binary weights as BWN's, half-wave inputs.
template <int InputBits = 2>
using hwgq = scheme<half_wave<InputBits>, scaled_sign<>>;
/// Choi et al. 2018: DoReFa's weights, inputs with a learned clip.
template <int WeightBits, int InputBits>
using pact = scheme<minnow::pact<InputBits>, dorefa_weights<WeightBits>>;
/// Esser et al. 2020, behind a relu.
template <int WeightBits, int InputBits>
using lsq = scheme<unsigned_lsq<InputBits>, minnow::lsq<WeightBits>>;
/// Liu et al. 2018 (Bi-Real): as BNN, around each convolution a shortcut, inputs estimated by `bi_real`. Its weights' scaling by
/// magnitude (3.3) is not part of it.
using bi_real = scheme<sign, sign>;

}  // namespace minnow::methods
