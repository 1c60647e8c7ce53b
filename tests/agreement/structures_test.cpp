#include "pairs.hpp"

#include <minnow/estimate/alpha_blend.hpp>

using namespace minnow;
using namespace minnow::test;

namespace {

struct activations_between : model<image<3, 9, 9>, first, conv<33, minw<1, 1>>, bias, relu, max_pool<2>, batch_norm,
                                   hard_tanh, conv<20, minw<3, 2>>, bias, batch_norm, relu, last> {};
struct strided : model<image<3, 11, 9>, conv<17, scheme<pixels, sign>, stride<2>>, batch_norm,
                       conv<33, minw<1, 2>, stride<2, 1>, padding<0>>, batch_norm,
                       conv<16, minw<2, 2>, stride<1, 2>, padding<1>>, batch_norm, last> {};
struct kernels_of_all_sizes
    : model<image<3, 9, 9>, first, conv<33, minw<2, 2>, kernel<1>>, batch_norm, conv<18, minw<1, 1>, kernel<5, 3>>,
            batch_norm, conv<9, minw<3, 3>, kernel<2, 4>, padding<0, 2>>, batch_norm,
            conv<7, minw<1, 1>, kernel<1>, padding<1>>, batch_norm, last> {};
struct paddings_of_one_side
    : model<image<3, 10, 8>, conv<17, scheme<pixels, sign>, stride<2>, same>, max_pool<2, stride<1>, same>, batch_norm,
            conv<33, minw<1, 2>, padding<0, 2, 1, 0>>, batch_norm, conv<16, minw<2, 2>, kernel<2>, same>, batch_norm,
            depthwise_conv<scheme<integer<8>, integer<4>>, stride<2>, same>, batch_norm,
            conv<12, minw<1, 1>, kernel<1>, padding<0, 0, 1, 1>>, average_pool<2, padding<1, 0, 0, 1>>, batch_norm,
            last> {};
struct black_padding : model<image<3, 9, 9>, conv<17, scheme<unsigned_pixels, sign>>, batch_norm,
                             depthwise_conv<minw<2, 2>>, batch_norm, last> {};
struct grouped_image : model<image<4, 9, 9>, depthwise_conv<scheme<unsigned_pixels, integer<8>>>, batch_norm,
                             conv<9, minw<1, 1>>, batch_norm, last> {};
struct one_moved_window : model<image<3, 3, 3>, conv<33, scheme<pixels, sign>, stride<3>>, batch_norm,
                                conv<16, minw<1, 1>, kernel<1>, stride<1>>, batch_norm, last> {};
struct of_a_signal
    : model<signal<5, 40>, conv<33, scheme<pixels, ternary<>>, kernel<1, 5>>, max_pool<1, kernel<1, 2>, stride<1, 2>>,
            batch_norm, conv<34, minw<2, 1>, kernel<1, 3>>, batch_norm, last> {};
struct of_features : model<features<37>, dense<65, scheme<pixels, sign>>, batch_norm, dense<31, minw<1, 1>>, batch_norm,
                           dense<63, minw<2, 3>>, batch_norm, last> {};
struct dense_first : model<image<3, 5, 7>, dense<64, scheme<pixels, power_of_two<3>>>, batch_norm, last> {};
/// A single convolution with black padding, with an image of floats and of bytes.
struct real_image : model<image<3, 5, 4>, conv<6, scheme<real, integer<8>>>> {};
struct byte_image : model<image<3, 5, 4>, conv<6, scheme<unsigned_pixels, integer<8>>>> {};
struct long_integers
    : model<image<3, 8, 8>, conv<40, scheme<pixels, integer<8>>>, batch_norm, relu,
            dense<9, scheme<integer<8>, integer<8>>>, batch_norm, dense<4, scheme<integer<8>, integer<8>>>> {};
struct other_codes : model<image<3, 9, 9>, first, conv<20, scheme<power_of_two<4>, power_of_two<2>>>, batch_norm,
                           conv<19, scheme<power_of_two<2>, ternary<mean_threshold<>>>>, batch_norm,
                           conv<18, scheme<ternary<threshold<1, 3>>, power_of_two<4>>>, batch_norm,
                           conv<17, scheme<integer<2>, integer<3>>>, batch_norm, conv<16, scheme<integer<6>, sign>>,
                           batch_norm, dense<4, scheme<sign, integer<5>>>> {};

}  // namespace

TEST_SUITE("agreement/structures") {
  TEST_CASE_TEMPLATE("bias, relu and hard_tanh on either side of pool and batch norm", Model, activations_between) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("strides, paddings and kernels of all sizes", Model, strided, kernels_of_all_sizes,
                     paddings_of_one_side, one_moved_window, black_padding, grouped_image) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("signals, features, dense first", Model, of_a_signal, of_features, dense_first) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("quantizers of other widths and thresholds", Model, other_codes) { check_model<Model>(); }

  TEST_CASE(
      "a quantized first layer with unsigned pixels computes what it computed with real inputs, padding included") {
    const auto data = random_images<std::uint8_t>(layer_graph<real_image>::input, 20, 2, 3);
    network<real_image> of_floats{seed{1}};
    network<byte_image> of_bytes{seed{1}};
    of_bytes.layer_at<1>().set_weights(of_floats.layer_at<0>().weights());
    const std::vector<float> expected = logits(of_floats, data), found = logits(of_bytes, data);
    double largest = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
      CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-4));
    }
    CHECK(largest > 0.1);
  }

  TEST_CASE("sums beyond a float's 24 bits are the same integers") {
    static_assert(dense_over({8, 8, 40}, 9).inputs() * 127 * 127 > 1 << 24);
    check_model<long_integers>();
  }

  TEST_CASE("a network that was trained by another estimator") {
    auto net = trained_three_steps<strided, std::uint8_t, alpha_blend>();
    check_agreement<std::uint8_t>(net);
  }
}
