#include "pairs.hpp"

template <>
void run_inputs<3>(table& all, int seed) {
  run_pair<3, 1>(all, seed);
  run_pair<3, 2>(all, seed);
  run_pair<3, 3>(all, seed);
  run_pair<3, 16>(all, seed);
}
