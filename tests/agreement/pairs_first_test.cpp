#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

TEST_SUITE("agreement/pairs_first") {
  TEST_CASE_TEMPLATE("pixels by 1 to 3 bits: the same sums, codes and logits", Weights, sign, ternary<>,
                     power_of_two<3>) {
    check_model<first_network<scheme<pixels, Weights>>>();
  }

  TEST_CASE_TEMPLATE("a real image by everything: sums within their rounding, the same classes", Weights, sign,
                     ternary<>, power_of_two<3>, half, real) {
    check_model<first_network<scheme<real, Weights>>, float>();
  }
}
