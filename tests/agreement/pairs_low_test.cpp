#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

TEST_SUITE("agreement/pairs_low") {
  TEST_CASE_TEMPLATE("1 to 3 bits by 1 to 3 bits: the same sums, codes and logits", Pair, minw<1, 1>, minw<1, 2>,
                     minw<1, 3>, minw<2, 1>, minw<2, 2>, minw<2, 3>, minw<3, 1>, minw<3, 2>, minw<3, 3>) {
    check_model<pair_network<Pair>>();
  }
}
