// expect-success
// A program without a mistake. It must compile. This shows that the other files of this folder fail because of their
// mistakes and not because of a wrong include path.
#include <minnow/data/dataset.hpp>
#include <minnow/model.hpp>

using namespace minnow;

struct thresholds {
  static constexpr text name() { return "thresholds"; }
  template <int Q>
  static constexpr std::array<float, Q> value = {0.74f, 0.4f, 0.125f};
};

struct net : model<image<3, 12, 10>, conv<8, scheme<pixels, integer<8, per_channel>>>, batch_norm, max_pool<2>,
                   conv<16, scheme<sign, ternary<mean_threshold<>>>, kernel<5, 3>, stride<2>, padding<1>>, relu,
                   average_pool<2>, chain<dense<16, scheme<integer<8>, power_of_two<3, thresholds>>>, bias>, hard_tanh,
                   dense<10, minw<16, 3>>> {};

static_assert(layer_graph<net>::output == shape{1, 1, 10});

const dataset<float> data;
