#include "run_method.hpp"

void run_two_bits(study& s, int seed) {
  run_chosen<mm::dorefa<1, 2>>(s, seed, "2x1 dorefa");
  run_chosen<mm::hwgq<2>>(s, seed, "2x1 hwgq");
  run_chosen<mm::hwgq_nonuniform<2>>(s, seed, "2x1 hwgq_nonuniform");
  run_chosen<mn::minw<2, 1>>(s, seed, "2x1 aqe", "aqe");
  run_chosen<mm::dorefa<2, 2>>(s, seed, "2x2 dorefa");
  run_chosen<mm::pact<2, 2>>(s, seed, "2x2 pact");
  run_chosen<mm::lsq<2, 2>>(s, seed, "2x2 lsq");
  run_chosen<mm::qil<2, 2>>(s, seed, "2x2 qil");
  run_chosen<mn::minw<2, 2>>(s, seed, "2x2 aqe", "aqe");
}
