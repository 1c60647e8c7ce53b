#include "pairs.hpp"

template <>
void run_inputs<1>(table& all, int seed) {
  run_pair<1, 1>(all, seed);
  run_pair<1, 2>(all, seed);
  run_pair<1, 3>(all, seed);
  run_pair<1, 16>(all, seed);
}
