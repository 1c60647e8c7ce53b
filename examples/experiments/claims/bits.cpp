#include "networks.hpp"

void run_bits(study& s, int seed) {
  run_claim<narrow_d<1, 1>>(s, seed, "1x1", "aqe");
  run_claim<narrow_d<1, 3>>(s, seed, "1x3", "aqe");
  run_claim<narrow_d<3, 1>>(s, seed, "3x1", "aqe");
  run_claim<narrow_d<3, 3>>(s, seed, "3x3", "aqe");
  run_claim<narrow_d<32, 32>>(s, seed, "32x32", "ste");  // floats have no estimator
}

void answer_bits(const results& found) {
  found.compare("3x3", "32x32");
  found.compare("1x3", "1x1");
  found.compare("3x3", "3x1");
  found.compare("3x1", "1x3");
}
