#include <ratio>

#include <minnow/estimate/incremental.hpp>
#include <minnow/estimate/local_reparameterization.hpp>
#include <minnow/estimate/loss_error_aware.hpp>
#include <minnow/estimate/noise.hpp>
#include <minnow/estimate/quantized_gradients.hpp>
#include <minnow/quantize/with_freeze.hpp>
#include <minnow/schedule/staircase.hpp>

#include "run_method.hpp"

namespace {

/// Trains floats for half of the run, then freezes the weights step by step.
template <class Scheme, class Estimator = mn::incremental>
void run_incremental(study& s, int seed, const std::string& method) {
  run_method<method_network<Scheme>, Estimator>(s, seed, method, mn::staircase{.begin = mn::fraction{0.5f}});
}

}  // namespace

void run_other(study& s, int seed) {
  run_method<method_network<mm::bnn>, mn::with_noise<mn::ste>>(s, seed, "1x1 bnn with stochastic signs");
  run_chosen<mm::abc_net<3, 3>>(s, seed, "3x3 abc_net");
  run_chosen<mm::lq_net<2, 2>>(s, seed, "2x2 lq_net");
  run_method<method_network<mm::dorefa<1, 2>>, mn::quantized_gradients<mn::ste, 6>>(
      s, seed, "2x1 dorefa with gradients of 6 bits");
  run_chosen<mm::tensorflow<4, 8>>(s, seed, "8x4 tensorflow");
  run_chosen<mm::tensorflow_lite<8, 8>>(s, seed, "8x8 tensorflow_lite");
  run_method<method_network<mn::scheme<mn::uniform<8>, mn::uniform<8>>>, mn::dithered<mn::ste>>(
      s, seed, "8x8 stochastic rounding");
  run_chosen<mm::fgq<4, 8>>(s, seed, "8x2 fgq");
  run_method<method_network<mm::binary_connect>, mn::local_reparameterization<>>(s, seed, "32x1 lr_net");
  run_method<method_network<mn::scheme<mn::real, mn::ternary<>>>, mn::local_reparameterization<>>(s, seed,
                                                                                                  "32x2 lr_net");
  run_incremental<mm::inq<5>>(s, seed, "32x5 inq");
  run_incremental<mn::scheme<mn::real, mn::with_freeze<mn::scaled_ternary<>>>,
                  mn::loss_error_aware<std::ratio<1, 10>, std::ratio<1, 1000>>>(s, seed, "32x2 elq");
}
