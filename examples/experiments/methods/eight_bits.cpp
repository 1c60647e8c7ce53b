#include "run_method.hpp"

void run_eight_bits(study& s, int seed) {
  run_chosen<mm::dorefa<8, 8>>(s, seed, "8x8 dorefa");
  run_chosen<mm::syq<1, 8>>(s, seed, "8x1 syq");
  run_chosen<mm::syq<2, 8>>(s, seed, "8x2 syq");
  run_chosen<mn::minw<8, 1>>(s, seed, "8x1 aqe", "aqe");
  run_chosen<mn::minw<8, 2>>(s, seed, "8x2 aqe", "aqe");
  run_chosen<mn::minw<8, 3>>(s, seed, "8x3 aqe", "aqe");
}
