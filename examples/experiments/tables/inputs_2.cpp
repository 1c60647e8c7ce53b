#include "pairs.hpp"

template <>
void run_inputs<2>(task& t, int seed) {
  run_pair<2, 1>(t, seed);
  run_pair<2, 2>(t, seed);
  run_pair<2, 3>(t, seed);
  run_pair<2, 16>(t, seed);
}
