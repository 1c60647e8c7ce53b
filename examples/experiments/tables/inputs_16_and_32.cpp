#include "pairs.hpp"

template <>
void run_inputs<16>(table& all, int seed) {
  run_pair<16, 1>(all, seed);
  run_pair<16, 2>(all, seed);
  run_pair<16, 3>(all, seed);
}

template <>
void run_inputs<32>(table& all, int seed) {
  run_pair<32, 32>(all, seed);
}
