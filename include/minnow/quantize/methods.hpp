#pragma once

#include <minnow/quantize/methods/dorefa.hpp>
#include <minnow/quantize/methods/half_wave.hpp>
#include <minnow/quantize/methods/inq.hpp>
#include <minnow/quantize/methods/lsq.hpp>
#include <minnow/quantize/methods/pact.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/quantize/methods/scaled_ternary.hpp>
#include <minnow/quantize/methods/trained_ternary.hpp>
#include <minnow/quantize/scheme.hpp>

/// Methods from the literature. Each is a scheme: the quantizers of a layer's inputs and weights. Train Bi-Real with
/// the estimator `bi_real`, INQ with `incremental` and all other methods with `ste`.
namespace minnow::methods {

/// BinaryConnect, with float inputs and binary weights. Source: Courbariaux et al. 2015.
using binary_connect = scheme<real, sign>;
/// BNN, with binary inputs and binary weights. Source: Courbariaux et al. 2016.
using bnn = scheme<sign, sign>;
/// BWN, with float inputs, and binary weights with a scale for each filter. Source: Rastegari et al. 2016.
using bwn = scheme<real, scaled_sign<>>;
/// XNOR-Net, with binary inputs that have one scale for the tensor, and weights as in BWN. Source: Rastegari et al.
/// 2016.
using xnor_net = scheme<scaled_sign<per_tensor>, scaled_sign<>>;
/// TWN, with float inputs, and ternary weights with a scale. Source: Li & Liu 2016.
using twn = scheme<real, scaled_ternary<>>;
/// TTQ, with float inputs, and ternary weights with two learned scales. Source: Zhu et al. 2017.
using ttq = scheme<real, trained_ternary>;
/// DoReFa-Net, with its quantizers of inputs and of weights. Source: Zhou et al. 2016.
template <int WeightBits, int InputBits>
using dorefa = scheme<dorefa_inputs<InputBits>, dorefa_weights<WeightBits>>;
/// HWGQ-Net, with its half-wave quantizer of inputs, and binary weights as in BWN. Source: Cai et al. 2017.
template <int InputBits = 2>
using hwgq = scheme<half_wave<InputBits>, scaled_sign<>>;
/// PACT, with inputs that have a learned clip, and DoReFa-Net's weights. Source: Choi et al. 2018.
template <int WeightBits, int InputBits>
using pact = scheme<minnow::pact<InputBits>, dorefa_weights<WeightBits>>;
/// LSQ, with learned step sizes, for layers after a relu. Source: Esser et al. 2020.
template <int WeightBits, int InputBits>
using lsq = scheme<unsigned_lsq<InputBits>, minnow::lsq<WeightBits>>;
/// INQ, with float inputs, and weights of 0 and powers of two, which the estimator `incremental` freezes step by step.
/// Source: Zhou et al. 2017.
template <int WeightBits = 5>
using inq = scheme<real, minnow::inq<WeightBits>>;
/// Bi-Real, with binary inputs and weights as in BNN. Use it with a shortcut around each convolution and with the
/// estimator `bi_real`. The paper's scaling of weights by magnitude (section 3.3) is not included. Source: Liu et al.
/// 2018.
using bi_real = scheme<sign, sign>;

}  // namespace minnow::methods
