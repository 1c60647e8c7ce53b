#pragma once

// Networks that run as firmware. They cover every kernel that does not use xsimd, and also pools, odd numbers of
// channels, and fixed-point arithmetic.

#include <minnow/layers/activation.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/layers/window_scaled.hpp>
#include <minnow/model.hpp>
#include <minnow/quantize/methods/given.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>

namespace minnow::test {

struct of_bits
    : model<image<3, 9, 9>, conv<33, scheme<pixels, sign>>, max_pool<2>, batch_norm, conv<40, minw<1, 1>>, batch_norm,
            max_pool<2>, dense<70, minw<1, 2>>, batch_norm, dense<5, minw<2, 2>>, batch_norm, relu> {};
struct of_powers
    : model<image<1, 7, 8>, conv<18, scheme<pixels, ternary<>>, stride<2>>, batch_norm, conv<17, minw<2, 1>>,
            max_pool<3, stride<1>>, batch_norm, conv<16, minw<3, 3>, kernel<1>, padding<0>>, batch_norm,
            conv<9, minw<3, 2>>, batch_norm, dense<4, minw<1, 3>>, bias> {};
struct of_integers
    : model<image<3, 6, 6>, conv<20, scheme<pixels, integer<8>>>, batch_norm, relu,
            conv<9, scheme<unsigned_integer<8>, integer<8, per_channel>>, stride<2>>, max_pool<2>, batch_norm,
            conv<7, scheme<integer<8>, integer<4>>>, bias, relu6, dense<3, scheme<integer<4>, integer<8>>>> {};
struct of_a_signal : model<signal<2, 61>, conv_1d<33, scheme<pixels, sign>, kernel<9>, stride<2>>, batch_norm,
                           conv_1d<18, minw<1, 1>, kernel<5>>, max_pool_1d<3, stride<2>>, batch_norm,
                           dense<4, minw<1, 1>>, batch_norm> {};
/// Joins of codes in fixed point, groups, an average pool, and a dense layer after it.
struct of_joins
    : model<image<3, 8, 8>, conv<12, scheme<pixels, integer<8>>, stride<2>, same>, batch_norm, relu,
            residual<chain<conv<12, scheme<integer<8>, integer<8>>>, batch_norm>, chain<>, integer<8>>, relu,
            residual<chain<depthwise_conv<scheme<unsigned_integer<8>, integer<8>>>, batch_norm, relu,
                           conv<20, scheme<unsigned_integer<8>, integer<4>>, kernel<1>, padding<0>>, batch_norm>,
                     chain<conv<20, scheme<unsigned_integer<8>, integer<8>>, kernel<1>, padding<0>>, batch_norm,
                           quantize<integer<8>>>>,
            relu, conv<18, scheme<unsigned_integer<8>, integer<8>>, groups<2>>, batch_norm, relu, global_average_pool,
            dense<5, scheme<unsigned_integer<8>, integer<8>>>, bias> {};
/// A join whose product reads the map that the join adds.
struct of_one_source : model<image<3, 8, 8>, conv<12, scheme<pixels, integer<8>>>, batch_norm, relu,
                             residual<chain<conv<12, integer<8>>, batch_norm>, chain<>, integer<8>>, relu,
                             dense<5, scheme<integer<8>, integer<8>>>, bias> {};
/// Thresholds after groups and after an average pool, joins of bits, and a concatenation.
struct of_bits_and_joins : model<image<2, 9, 7>, conv<16, scheme<pixels, sign>>, batch_norm, depthwise_conv<minw<2, 1>>,
                                 batch_norm, conv<24, minw<1, 2>, groups<4>>, average_pool<2>, batch_norm,
                                 residual<chain<conv<24, minw<1, 1>>, batch_norm>, chain<>, ternary<>>, batch_norm,
                                 concatenated<chain<conv<9, minw<1, 1>>, batch_norm>>, conv<10, minw<2, 2>>,
                                 max_pool<2, same>, batch_norm, dense<4, minw<1, 1>>, batch_norm, relu> {};
/// A product whose outputs are multiplied by a float.
struct of_scaled_windows : model<image<2, 6, 5>, conv<8, scheme<pixels, sign>>, batch_norm,
                                 window_scaled<conv<9, scheme<sign, scaled_sign<>>, padding<1>>>, batch_norm,
                                 dense<4, minw<1, 1>>, batch_norm> {};
/// Given thresholds: folded after a product, and in floats after a join. Signs with +1 at 0, and given scales.
struct of_given_thresholds
    : model<image<3, 7, 6>, conv<9, scheme<pixels, sign_nonnegative>>, multi_threshold<3>,
            conv<8, scheme<given_integer<0, 3>, given_integer<-1, 1>>>, batch_norm,
            residual<chain<conv<8, scheme<sign_nonnegative, given_sign<per_channel>>>, batch_norm>>,
            multi_threshold<20>, dense<6, scheme<given_integer<-7, 7>, given_integer<-8, 7>>>, batch_norm> {};
struct of_one_layer : model<features<5>, dense<3, scheme<pixels, ternary<>>>, bias> {};

}  // namespace minnow::test
