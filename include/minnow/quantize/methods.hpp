#pragma once

#include <minnow/quantize/methods/abc_net.hpp>
#include <minnow/quantize/methods/affine.hpp>
#include <minnow/quantize/methods/dorefa.hpp>
#include <minnow/quantize/methods/fine_ternary.hpp>
#include <minnow/quantize/methods/given.hpp>
#include <minnow/quantize/methods/half_wave.hpp>
#include <minnow/quantize/methods/half_wave_nonuniform.hpp>
#include <minnow/quantize/methods/inq.hpp>
#include <minnow/quantize/methods/lq_net.hpp>
#include <minnow/quantize/methods/lsq.hpp>
#include <minnow/quantize/methods/magnitude_aware_sign.hpp>
#include <minnow/quantize/methods/pact.hpp>
#include <minnow/quantize/methods/qil.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/quantize/methods/scaled_ternary.hpp>
#include <minnow/quantize/methods/syq.hpp>
#include <minnow/quantize/methods/trained_ternary.hpp>
#include <minnow/quantize/scheme.hpp>

/// Methods from the literature. Each is a scheme: the quantizers of a layer's inputs and weights. Train Bi-Real with
/// the estimator `bi_real`, INQ with `incremental` and all other methods with `ste`. LR-Net and ELQ are estimators,
/// estimate/local_reparameterization.hpp and estimate/loss_error_aware.hpp.
namespace minnow::methods {

/// BinaryConnect, with float inputs and binary weights. Source: Courbariaux et al. 2015.
using binary_connect = scheme<real, sign>;
/// BNN, with binary inputs and binary weights. Source: Courbariaux et al. 2016.
using bnn = scheme<sign, sign>;
/// BWN, with float inputs, and binary weights with a scale for each filter. Source: Rastegari et al. 2016.
using bwn = scheme<real, scaled_sign<>>;
/// XNOR-Net, with binary inputs that have one scale for the tensor, and weights as in BWN. For one scale for each window
/// of inputs, as in the paper's Eq. 11, use zoo/xnor_net.hpp. Source: Rastegari et al. 2016.
using xnor_net = scheme<scaled_sign<per_tensor>, scaled_sign<>>;
/// TWN, with float inputs, and ternary weights with a scale. Source: Li & Liu 2016.
using twn = scheme<real, scaled_ternary<>>;
/// TTQ, with float inputs, and ternary weights with two learned scales. Source: Zhu et al. 2017.
using ttq = scheme<real, trained_ternary>;
/// Fine-grained quantization, with ternary weights whose scale belongs to a group of `Group` weights, and integer
/// inputs after a relu. The paper's inputs are 4- or 8-bit dynamic fixed point. Source: Mellempudi et al. 2017.
template <int Group = 4, int InputBits = 8>
using fgq = scheme<unsigned_integer<InputBits>, fine_ternary<Group>>;
/// DoReFa-Net, with its quantizers of inputs and of weights. Source: Zhou et al. 2016.
template <int WeightBits, int InputBits>
using dorefa = scheme<dorefa_inputs<InputBits>, dorefa_weights<WeightBits>>;
/// HWGQ-Net, with its half-wave quantizer of inputs, and binary weights as in BWN. Source: Cai et al. 2017.
template <int InputBits = 2>
using hwgq = scheme<half_wave<InputBits>, scaled_sign<>>;
/// HWGQ-Net with the optimal levels, which have unequal distances. Source: Cai et al. 2017.
template <int InputBits = 2>
using hwgq_nonuniform = scheme<half_wave_nonuniform<InputBits>, scaled_sign<>>;
/// PACT, with inputs that have a learned clip, and DoReFa-Net's weights. Source: Choi et al. 2018.
template <int WeightBits, int InputBits>
using pact = scheme<minnow::pact<InputBits>, dorefa_weights<WeightBits>>;
/// LSQ, with learned step sizes, for layers after a relu. Source: Esser et al. 2020.
template <int WeightBits, int InputBits>
using lsq = scheme<unsigned_lsq<InputBits>, minnow::lsq<WeightBits>>;
/// TensorFlow's quantized training, with affine inputs and affine weights. `affine_weights` has at most 7 bits; with 8
/// bits use `tensorflow_lite`. Source: Jacob et al. 2018.
template <int WeightBits, int InputBits>
using tensorflow = scheme<affine_integer<InputBits>, affine_weights<WeightBits>>;
/// TensorFlow Lite's integers: affine inputs, and symmetric weights with a scale for each filter. Source: Jacob et al.
/// 2018; TensorFlow Lite's 8-bit quantization specification.
template <int WeightBits = 8, int InputBits = 8>
using tensorflow_lite = scheme<affine_integer<InputBits>, symmetric_weights<WeightBits, per_channel>>;
/// QIL, with learned intervals of inputs and of weights. Source: Jung et al. 2019.
template <int WeightBits, int InputBits>
using qil = scheme<qil_inputs<InputBits>, qil_weights<WeightBits>>;
/// SYQ, with fixed-point inputs, and binary (1 bit) or ternary (2 bits) weights with learned scales: one for the layer,
/// or one for each filter. Source: Faraone et al. 2018.
template <int WeightBits, int InputBits, class Granularity = per_tensor>
using syq = scheme<syq_inputs<InputBits>, syq_weights<WeightBits, Granularity>>;
/// LQ-Nets, with learned bases of weights and of inputs, for layers after a relu. Source: Zhang et al. 2018.
template <int WeightBits, int InputBits>
using lq_net = scheme<lq_inputs<InputBits>, lq_weights<WeightBits>>;
/// ABC-Net, with WeightBases binary bases of weights and InputBases binary inputs. Source: Lin et al. 2017.
template <int WeightBases, int InputBases>
using abc_net = scheme<abc_inputs<InputBases>, abc_weights<WeightBases>>;
/// INQ, with float inputs, and weights of 0 and powers of two, which the estimator `incremental` freezes step by step.
/// Source: Zhou et al. 2017.
template <int WeightBits = 5>
using inq = scheme<real, minnow::inq<WeightBits>>;
/// Bi-Real, with binary inputs, and binary weights that are scaled by their mean magnitude. Use it with a shortcut
/// around each convolution and with the estimator `bi_real`. Source: Liu et al. 2018.
using bi_real = scheme<sign, magnitude_aware_sign<>>;
/// Bi-Real without the scaling of weights (section 3.3): weights as in BNN.
using bi_real_unscaled = scheme<sign, sign>;

}  // namespace minnow::methods
