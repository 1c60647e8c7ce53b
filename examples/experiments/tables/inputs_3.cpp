#include "pairs.hpp"

template <>
void run_inputs<3>(task& t, int seed) {
  run_pair<3, 1>(t, seed);
  run_pair<3, 2>(t, seed);
  run_pair<3, 3>(t, seed);
  run_pair<3, 16>(t, seed);
}
