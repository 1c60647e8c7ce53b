#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

TEST_SUITE("agreement/pairs_real") {
  TEST_CASE_TEMPLATE("real by everything: sums within their rounding, the same classes", Pair, minw<32, 1>, minw<32, 2>,
                     minw<32, 3>, minw<32, 16>, minw<32, 32>) {
    check_model<pair_network<Pair>>();
  }
}
