#include <minnow/quantize/methods.hpp>

#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

namespace {

/// As pair_network, with the image as its bytes by weights of the method's.
template <class Scheme>
struct method_network : model<image<3, 9, 9>, conv<33, scheme<pixels, typename Scheme::weights>>, max_pool<2>, batch_norm, relu, conv<40, Scheme>,
                              batch_norm, relu, max_pool<2>, dense<4, Scheme>, batch_norm> {};

template <class Scheme>
void check_method() {
  auto net = trained_three_steps<method_network<Scheme>, std::uint8_t, ste>();
  check_agreement<std::uint8_t>(net);
}

}  // namespace

TEST_SUITE("agreement/pairs_methods") {
  TEST_CASE_TEMPLATE("methods of binary and ternary weights: the same sums, codes and logits", Scheme, methods::bnn, methods::xnor_net, methods::hwgq<2>,
                     methods::dorefa<1, 2>) {
    check_method<Scheme>();
  }

  TEST_CASE_TEMPLATE("methods of real inputs: the same sums, codes and logits", Scheme, methods::binary_connect, methods::bwn, methods::twn, methods::ttq) {
    check_method<Scheme>();
  }

  TEST_CASE_TEMPLATE("methods of integers: the same sums, codes and logits", Scheme, methods::dorefa<2, 2>, methods::pact<4, 4>, methods::lsq<2, 2>,
                     methods::lsq<8, 8>) {
    check_method<Scheme>();
  }
}
