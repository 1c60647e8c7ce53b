#include "run_method.hpp"

void run_real_inputs(study& s, int seed) {
  run_chosen<mm::binary_connect>(s, seed, "32x1 binary_connect");
  run_chosen<mm::bwn>(s, seed, "32x1 bwn");
  run_chosen<mm::binary_connect>(s, seed, "32x1 aqe", "aqe");
  run_chosen<mm::twn>(s, seed, "32x2 twn");
  run_chosen<mm::ttq>(s, seed, "32x2 ttq");
  run_chosen<mn::scheme<mn::real, mn::ternary<>>>(s, seed, "32x2 aqe", "aqe");
  run_chosen<mn::scheme<mn::real, mn::real>>(s, seed, "32x32 floats");
}
