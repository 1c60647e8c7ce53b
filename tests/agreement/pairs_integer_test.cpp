#include <minnow/quantize/methods/max_sum_bits.hpp>

#include "pairs.hpp"

using namespace minnow;
using namespace minnow::test;

TEST_SUITE("agreement/pairs_integer") {
  TEST_CASE_TEMPLATE("8 and 4 bits by 8 and 4 bits: the same sums, codes and logits", Pair,
                     scheme<integer<8>, integer<8>>, scheme<integer<8>, integer<4>>, scheme<integer<4>, integer<4>>) {
    check_model<pair_network<Pair>>();
  }

  TEST_CASE_TEMPLATE("fixed levels of 8 bits, by and with few bits: the same sums, codes and logits", Pair, minw<8, 1>,
                     minw<8, 2>, minw<8, 3>, minw<8, 8>, minw<8, 16>, minw<8, 32>, minw<1, 8>, minw<2, 8>, minw<3, 8>) {
    check_model<pair_network<Pair>>();
  }

  TEST_CASE_TEMPLATE("inputs that are never negative: the same sums, codes and logits", Pair,
                     scheme<unsigned_integer<8>, integer<8, per_channel>>, scheme<unsigned_integer<4>, integer<4>>) {
    check_model<pair_network<Pair>>();
  }

  TEST_CASE_TEMPLATE("with a scale for each filter: the same sums, codes and logits", Pair,
                     scheme<integer<8>, integer<8, per_channel>>, scheme<integer<8>, integer<4, per_channel>>,
                     scheme<integer<4>, integer<4, per_channel>>) {
    check_model<pair_network<Pair>>();
  }

  TEST_CASE_TEMPLATE("with sums of at most 16 or 11 bits: the same sums, codes and logits", Pair,
                     max_sum_bits<16, scheme<unsigned_integer<8>, integer<4, per_channel>>>,
                     max_sum_bits<11, scheme<integer<4>, integer<8, per_channel>>>) {
    check_model<pair_network<Pair>>();
  }
}
