#include <minnow/quantize/methods.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include <minnow/estimate/ste.hpp>
#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/trace.hpp>

#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

// This namespace has a name because several tests of this folder are compiled in one file.
namespace affine_pairs {

/// A network whose maps have zero points: a pool before a quantizer and after one, a depthwise and a grouped
/// convolution, and joins that add and concatenate codes.
template <class Scheme, class Inputs = typename Scheme::inputs>
struct joined_network
    : model<image<3, 9, 9>, conv<16, scheme<pixels, integer<8>>>, max_pool<2>, batch_norm, depthwise_conv<Scheme>,
            batch_norm, residual<chain<conv<16, Scheme, groups<2>>, batch_norm>, chain<quantize<Inputs>>>,
            concatenated<chain<conv<8, Scheme>, batch_norm, quantize<Inputs>>>, quantize<Inputs>, average_pool<2>, bias,
            dense<4, Scheme>, batch_norm> {};

/// A network whose first quantizer is computed in fixed point, after a pool.
struct clipped_network : model<image<3, 9, 9>, conv<16, scheme<pixels, integer<8>>>, max_pool<2>, batch_norm, hard_tanh,
                               dense<4, methods::tensorflow_lite<8, 8>>, batch_norm> {};

/// Keeps the bytes of the first packed map of a run.
struct first_map final : trace {
  std::vector<int> bytes{};
  void map(std::size_t, const std::byte* packed) noexcept override {
    if (bytes.empty())
      for (int i = 0; i < 4 * 4 * 16; ++i) bytes.push_back(static_cast<int>(packed[i]));
  }
};

template <class Packed>
std::vector<int> first_map_of(const Packed& small, std::span<const std::uint8_t> image) {
  std::vector<float> logits(4);
  first_map watcher;
  session<Packed>(small).run(image, logits, &watcher);
  return watcher.bytes;
}

}  // namespace affine_pairs

TEST_SUITE("agreement/pairs_affine") {
  TEST_CASE_TEMPLATE("inputs with a zero point: the same sums, codes and logits", Scheme,
                     methods::tensorflow_lite<8, 8>, methods::tensorflow_lite<4, 4>,
                     scheme<affine_integer<2>, ternary<>>, scheme<affine_integer<6>, sign>,
                     scheme<affine_integer<8>, power_of_two<3>>) {
    check_model<pair_network<Scheme>>();
  }

  TEST_CASE_TEMPLATE("inputs and weights with zero points: the same sums, codes and logits", Scheme,
                     methods::tensorflow<4, 8>, methods::tensorflow<7, 8>, methods::tensorflow<3, 3>,
                     scheme<integer<8>, affine_weights<2, per_channel>>, scheme<real, affine_weights<5>>) {
    check_model<pair_network<Scheme>>();
  }

  TEST_CASE("the image's floats as codes with a zero point: the same sums, codes and logits") {
    check_model<first_network<methods::tensorflow_lite<8, 8>>, float>();
    check_model<first_network<methods::tensorflow<4, 4>>, float>();
  }

  TEST_CASE("joins, pools and groups of maps with zero points: the same sums, codes and logits") {
    check_model<affine_pairs::joined_network<methods::tensorflow_lite<8, 8>>>();
    check_model<affine_pairs::joined_network<methods::tensorflow<4, 4>>>();
  }

  TEST_CASE("in fixed point, codes with a zero point differ by at most 1 from the codes through floats") {
    using network = affine_pairs::clipped_network;
    auto net = trained_three_steps<network, std::uint8_t, ste>();
    const auto floats = pack(net);
    const data_files::folder folder;
    save(pack<fixed_point>(net), folder.path("fixed.mnw"));
    const auto fixed = load<packed<fixed_point<network>, tested_arch>>(folder.path("fixed.mnw"));
    const auto data = random_images<std::uint8_t>({9, 9, 3}, 8, 4, 5);
    const int zero = fixed.stage<0>().constants.zero();
    CHECK(zero == floats.stage<0>().constants.zero());
    CHECK((100 < zero && zero < 156));  // hard_tanh's values are from -1 to 1
    int different = 0;
    for (int n = 0; n < data.size(); ++n) {
      const auto expected = affine_pairs::first_map_of(floats, data.image(n));
      const auto found = affine_pairs::first_map_of(fixed, data.image(n));
      REQUIRE(expected.size() == found.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(std::abs(found[i] - expected[i]) <= 1);
        different += found[i] != expected[i];
      }
    }
    // Only values near the middle of two codes may differ.
    CHECK(different < 20);
  }
}
