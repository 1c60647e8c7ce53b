#include "pairs.hpp"

template <>
void run_inputs<1>(task& t, int seed) {
  run_pair<1, 1>(t, seed);
  run_pair<1, 2>(t, seed);
  run_pair<1, 3>(t, seed);
  run_pair<1, 16>(t, seed);
}
