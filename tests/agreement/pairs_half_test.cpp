#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

TEST_SUITE("agreement/pairs_half") {
  TEST_CASE_TEMPLATE("1 to 3 bits by half: sums within their rounding, the same classes", Pair, minw<1, 16>,
                     minw<2, 16>, minw<3, 16>) {
    check_model<pair_network<Pair>>();
  }

  TEST_CASE_TEMPLATE("half by 1 to 3 bits and half: sums within their rounding, the same classes", Pair, minw<16, 1>,
                     minw<16, 2>, minw<16, 3>, minw<16, 16>) {
    check_model<pair_network<Pair>>();
  }
}
