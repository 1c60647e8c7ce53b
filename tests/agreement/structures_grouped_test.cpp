#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

namespace {

/// A layer with an even number of channels, so that the next layer can have two groups.
using even_unit = unit<scheme<pixels, sign>, 34>;

/// A network with a depthwise convolution, a max pool, and a convolution of two groups.
template <class Scheme>
struct separable : model<image<3, 9, 9>, even_unit, depthwise_conv<Scheme>, max_pool<3, stride<2>, padding<1>>,
                         batch_norm, relu6, conv<40, Scheme, groups<2>>, batch_norm, last> {};

/// Networks whose first convolution is grouped and reads the image. The image consists of bytes in the first two
/// networks and of floats in the third.
struct on_pixels : model<image<3, 9, 9>, depthwise_conv<scheme<pixels, integer<8>>, kernel<5>, stride<2>>, batch_norm,
                         conv<12, scheme<integer<8>, sign>, kernel<1>>, batch_norm, last> {};
struct on_pixels_grouped : model<image<3, 9, 9>, conv<51, scheme<pixels, power_of_two<3>>, groups<3>>, batch_norm,
                                 conv<12, minw<2, 1>>, batch_norm, last> {};
template <class Scheme>
struct on_floats : model<image<3, 9, 9>, depthwise_conv<Scheme, stride<2, 1>>, batch_norm, relu6,
                         conv<6, Scheme, groups<3>>, batch_norm, last> {};

template <class Model, std::size_t S>
using plan = minnow::detail::stage_plan<Model, S>;

}  // namespace

static_assert(plan<separable<minw<1, 1>>, 1>::window.groups == 34 &&
              plan<separable<minw<1, 1>>, 2>::window.groups == 2);
static_assert(plan<separable<minw<1, 1>>, 1>::ends_in == minnow::detail::stage_end::thresholds &&
              plan<separable<scheme<integer<8>, integer<8>>>, 1>::ends_in == minnow::detail::stage_end::requantize);
static_assert(kernels::weight_bytes<encoding::bit, encoding::bit>(plan<separable<minw<1, 1>>, 1>::window) == 3 * 9 * 2,
              "a bit for each weight of 48 filters");

TEST_SUITE("agreement/structures_grouped") {
  TEST_CASE_TEMPLATE("depthwise and grouped convolutions: the same sums, codes and logits", Scheme, minw<1, 1>,
                     minw<2, 2>, minw<3, 3>, scheme<integer<8>, integer<8, per_channel>>,
                     scheme<integer<8>, integer<4>>, scheme<real, real>, minw<16, 1>, minw<2, 16>) {
    check_model<separable<Scheme>>();
  }
  TEST_CASE_TEMPLATE("on the image's bytes", Model, on_pixels, on_pixels_grouped) { check_model<Model>(); }
  TEST_CASE_TEMPLATE("on an image of floats", Scheme, scheme<real, real>, minw<2, 1>, scheme<real, sign>) {
    check_model<on_floats<Scheme>, float>();
  }

  TEST_CASE("an image's rows may be shared among threads") {
    auto net = trained_three_steps<separable<minw<2, 2>>, std::uint8_t>();
    const auto small = pack(net);
    const auto data = random_images<std::uint8_t>(layer_graph<separable<minw<2, 2>>>::input, 3, 4, 5);
    std::vector<float> one(4), shared(4);
    session<packed<separable<minw<2, 2>>>> alone(small), together(small, 3);
    for (int n = 0; n < 3; ++n) {
      alone.run(data.image(n), std::span<float>(one));
      together.run(data.image(n), std::span<float>(shared));
      CHECK(one == shared);
    }
  }
}
