#include "pairs.hpp"

template <>
void run_inputs<2>(table& all, int seed) {
  run_pair<2, 1>(all, seed);
  run_pair<2, 2>(all, seed);
  run_pair<2, 3>(all, seed);
  run_pair<2, 16>(all, seed);
}
