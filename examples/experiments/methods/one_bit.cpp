#include <minnow/estimate/bi_real.hpp>
#include <minnow/zoo/bi_real.hpp>

#include "run_method.hpp"

namespace {

/// The network of run_method.hpp with Bi-Real's shortcuts around the convolutions.
template <class S>
struct bi_real_network : mn::model<mn::image<3, 32, 32>, first<S>, mn::zoo::bi_real_unit<filters, S>, mn::max_pool<2>,
                                   mn::zoo::bi_real_widening<2 * filters, S>, mn::zoo::bi_real_unit<2 * filters, S>,
                                   mn::max_pool<2>, mn::zoo::bi_real_widening<4 * filters, S>,
                                   mn::zoo::bi_real_unit<4 * filters, S>, mn::max_pool<2>, dense_part<S>> {};

}  // namespace

void run_one_bit(study& s, int seed) {
  run_chosen<mm::bnn>(s, seed, "1x1 bnn");
  run_chosen<mm::bnn>(s, seed, "1x1 aqe", "aqe");
  run_chosen<mm::bnn>(s, seed, "1x1 alpha_blend", "alpha_blend");
  run_chosen<mm::dorefa<1, 1>>(s, seed, "1x1 dorefa");
  run_chosen<mm::xnor_net>(s, seed, "1x1 xnor_net");
  run_method<method_network<mm::bi_real_unscaled>, mn::bi_real>(s, seed, "1x1 bi_real without shortcuts");
  run_method<bi_real_network<mm::bi_real_unscaled>, mn::bi_real>(s, seed, "1x1 bi_real");
  run_method<bi_real_network<mm::bi_real>, mn::bi_real>(s, seed, "1x1 bi_real with scaled weights");
}
