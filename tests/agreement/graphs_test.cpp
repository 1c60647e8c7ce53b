#include "pairs.hpp"

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/quantize/methods/scaled_sign.hpp>
#include <minnow/zoo/xnor_net.hpp>

using namespace minnow;
using namespace minnow::test;

namespace {

using last_of_two_bits = chain<dense<4, minw<2, 2>>, batch_norm>;

/// Residual blocks of He et al. The `Carrier` quantizer encodes the input of each block, and the convolutions of its
/// branches quantize these codes again.
template <class First, class Scheme, class Carrier = real>
struct of_residuals : model<image<3, 9, 9>, unit<First, 17>,
                            repeat<2, residual<chain<unit<Scheme, 17>, relu, unit<Scheme, 17>>, chain<>, Carrier>>,
                            residual<chain<unit<Scheme, 33, stride<2>>, unit<Scheme, 33>>,
                                     unit<Scheme, 33, kernel<1>, padding<0>, stride<2>>, Carrier>,
                            batch_norm, last_of_two_bits> {};

/// Residual blocks whose `Carrier`, the quantizer of a block's input, is integer<8>. The first convolution of each
/// branch reads its codes directly, without another quantizer.
template <class Weights>
struct of_carried_codes
    : model<image<3, 9, 9>, unit<scheme<pixels, Weights>, 16>, relu,
            residual<chain<conv<16, Weights>, batch_norm, relu, unit<scheme<integer<8>, Weights>, 16>>, chain<>,
                     integer<8>>,
            relu,
            residual<chain<conv<20, Weights, stride<2>>, batch_norm>, chain<conv<20, Weights, stride<2>>, batch_norm>,
                     integer<8>>,
            relu, dense<4, scheme<integer<8>, Weights>>> {};

template <class Scheme>
struct of_dense_blocks
    : model<image<3, 9, 9>, unit<scheme<pixels, sign>, 16>, dense_block<3, chain<batch_norm, conv<5, Scheme>>>,
            batch_norm, unit<Scheme, 12, kernel<1>, padding<0>>, average_pool<2>, dense_block<2, unit<Scheme, 3>>,
            batch_norm, last_of_two_bits> {};

/// A network with two branches that read the image, two that read the codes of a quantizer, and nested blocks that read
/// the same input. One addition directly follows another.
struct of_nested_forks
    : model<image<3, 8, 8>, concatenated<chain<conv<4, scheme<real, ternary<>>>, batch_norm>>, batch_norm,
            residual<residual<unit<minw<2, 2>, 7>, chain<>, ternary<>>, unit<minw<3, 2>, 7>>,
            residual<chain<batch_norm, quantize<ternary<>>>, quantize<sign>>, batch_norm, max_pool<2>,
            residual<chain<relu, bias>>, last_of_two_bits> {};

/// XNOR-Net's blocks, with pools, strides, an odd number of channels, and codes of a quantizer as a block's input.
template <class First, class Scheme>
struct of_scaled_windows
    : model<image<3, 9, 9>, conv<17, First>, zoo::xnor_unit<33>, max_pool<2>,
            zoo::xnor_unit<20, kernel<3, 2>, stride<2, 1>>, bias, relu,
            window_scaled<conv<12, Scheme, kernel<1>, padding<0>>>, batch_norm, quantize<integer<8>>,
            window_scaled<conv<9, typename Scheme::weights>>, batch_norm, window_scaled<dense<4, Scheme>>, batch_norm> {
};

}  // namespace

TEST_SUITE("agreement/graphs") {
  TEST_CASE_TEMPLATE("residual blocks whose skips are floats", Model, of_residuals<scheme<pixels, sign>, minw<1, 1>>,
                     of_residuals<scheme<pixels, ternary<>>, minw<2, 3>>,
                     of_residuals<scheme<pixels, integer<8>>, scheme<integer<8>, integer<4, per_channel>>>,
                     of_residuals<scheme<real, sign>, minw<3, 3>>) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("residual blocks whose skips are codes", Model,
                     of_residuals<scheme<pixels, ternary<>>, minw<3, 3>, integer<8>>,
                     of_residuals<scheme<pixels, ternary<>>, minw<1, 1>, ternary<>>,
                     of_carried_codes<integer<8, per_channel>>, of_carried_codes<power_of_two<3>>) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("dense blocks", Model, of_dense_blocks<minw<3, 3>>, of_dense_blocks<minw<1, 2>>) {
    check_model<Model>();
  }

  TEST_CASE("forks of the image, of codes and within each other") { check_model<of_nested_forks, float>(); }

  TEST_CASE_TEMPLATE("products that are scaled by their windows", Model,
                     of_scaled_windows<scheme<pixels, sign>, scheme<sign, scaled_sign<>>>,
                     of_scaled_windows<scheme<pixels, ternary<>>, minw<2, 3>>,
                     of_scaled_windows<scheme<pixels, scaled_sign<>>, scheme<integer<4>, integer<4, per_channel>>>) {
    check_model<Model>();
  }

  TEST_CASE("products of floats that are scaled by their windows") {
    check_model<of_scaled_windows<scheme<real, sign>, scheme<real, sign>>, float>();
  }

  TEST_CASE("a network of residual blocks that was trained by another estimator") {
    auto net = trained_three_steps<of_residuals<scheme<pixels, sign>, minw<2, 1>>, std::uint8_t, alpha_blend>();
    check_agreement<std::uint8_t>(net);
  }
}
