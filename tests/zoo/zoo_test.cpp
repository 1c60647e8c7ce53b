#include <doctest/doctest.h>

#include <minnow/zoo/convnet.hpp>
#include <minnow/zoo/densenet.hpp>
#include <minnow/zoo/resnet_cifar.hpp>

#include "model_figures.hpp"

using namespace minnow;
using test::figures_of;

namespace {

using floats = zoo::schemes<real>;
using bits = zoo::schemes<minw<1, 1>, scheme<pixels, sign>>;

// Chen et al. 2020: 1.23, 0.54, 0.30 and 0.21 MB at one bit.
static_assert(figures_of<zoo::model_a<bits>>().weights == 9837952);
static_assert(figures_of<zoo::model_b<bits>>().weights == 4310720);
static_assert(figures_of<zoo::model_c<bits>>().weights == 2465472);
static_assert(figures_of<zoo::model_d<bits>>().weights == 1739456);
// Courbariaux et al. 2016: 14.02 M.
static_assert(figures_of<zoo::binary_net<bits>>().weights / 10000 == 1402);

// He et al. 2016, Table 6: 0.27, 0.46, 0.66, 0.85 and 1.7 M parameters. Of ResNet-110, 1.72 M are weights.
static_assert((figures_of<zoo::resnet_cifar<20, floats>>().parameters + 5000) / 10000 == 27);
static_assert((figures_of<zoo::resnet_cifar<32, floats>>().parameters + 5000) / 10000 == 46);
static_assert((figures_of<zoo::resnet_cifar<44, floats>>().parameters + 5000) / 10000 == 66);
static_assert((figures_of<zoo::resnet_cifar<56, floats>>().parameters + 5000) / 10000 == 85);
static_assert((figures_of<zoo::resnet_cifar<110, floats>>().weights + 5000) / 10000 == 172);
// Huang et al. 2017, Table 2: 0.8 M parameters for L = 100, k = 12; Chen et al. 2020 give .769 M.
static_assert((figures_of<zoo::densenet_bc<100, 12, floats>>().parameters + 500) / 1000 == 769);

}  // namespace

TEST_SUITE("zoo") {
  TEST_CASE("networks for 32x32 images end in ten logits") {
    CHECK(flat<zoo::model_d<bits>>::output == shape{1, 1, 10});
    CHECK(flat<zoo::resnet_cifar<20, floats>>::output == shape{1, 1, 10});
    CHECK(flat<zoo::resnet_cifar<20, floats, 100>>::output == shape{1, 1, 100});
    CHECK(flat<zoo::densenet_bc<100, 12, floats>>::output == shape{1, 1, 10});
  }
}
