#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

namespace {

struct real_in_the_middle : model<image<3, 9, 9>, first, conv<33, minw<1, 1>>, batch_norm, relu, conv<12>, batch_norm,
                                  conv<18, minw<2, 2>>, max_pool<2>, batch_norm, last> {};
struct weights_alone : model<image<3, 9, 9>, first, conv<10, sign>, batch_norm, conv<11, half>, batch_norm, last> {};
struct pool_behind_quantize : model<image<3, 9, 9>, first, quantize<ternary<>>, max_pool<2>, conv<10, sign>, batch_norm,
                                    quantize<integer<4>>, average_pool<2>, dense<8, minw<1, 1>>, batch_norm, last> {};
struct pool_on_pixels : model<image<3, 9, 9>, quantize<pixels>, max_pool<2>, conv<33, minw<1, 1>>, batch_norm, last> {};
struct twice_quantized
    : model<image<3, 9, 9>, first, quantize<power_of_two<3>>, conv<10, minw<1, 1>>, batch_norm, last> {};
struct ends_in_codes : model<image<3, 9, 9>, first, dense<4, minw<1, 1>>, batch_norm, quantize<integer<8>>> {};
struct ends_in_a_sum : model<image<3, 9, 9>, first, dense<4, scheme<integer<4>, integer<8>>>> {};
struct begins_without_product : model<features<9>, hard_tanh, dense<33, scheme<real, sign>>, batch_norm, last> {};

}  // namespace

TEST_SUITE("agreement/structures_mixed") {
  TEST_CASE_TEMPLATE("a real layer in the middle, weights quantized alone", Model, real_in_the_middle, weights_alone) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("quantize with no product after it", Model, pool_behind_quantize, pool_on_pixels,
                     twice_quantized) {
    check_model<Model>();
  }

  TEST_CASE_TEMPLATE("a network may end in a quantizer or in a bare product", Model, ends_in_codes, ends_in_a_sum) {
    check_model<Model>();
  }

  TEST_CASE("a network may begin without a product") { check_model<begins_without_product, float>(); }

  TEST_CASE("a single changed weight is seen, among integers and among floats") {
    auto integers = trained_three_steps<ends_in_a_sum, std::uint8_t>();
    auto small = pack(integers);
    const auto data = random_images<std::uint8_t>({9, 9, 3}, 4, 4, 5);
    CHECK(compare(integers, small, data).differences == 0);
    small.stage<1>().weights.data()[0] ^= std::byte{1};
    CHECK(compare(integers, small, data).differences > 0);

    auto floats = trained_three_steps<begins_without_product, float>();
    auto small_floats = pack(floats);
    const auto vectors = random_images<float>({1, 1, 9}, 4, 4, 5);
    CHECK(compare(floats, small_floats, vectors).differences == 0);
    small_floats.stage<1>().weights.data()[0] ^= std::byte{1};
    CHECK(compare(floats, small_floats, vectors).differences > 0);
  }
}
