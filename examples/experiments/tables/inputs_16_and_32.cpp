#include "pairs.hpp"

template <>
void run_inputs<16>(task& t, int seed) {
  run_pair<16, 1>(t, seed);
  run_pair<16, 2>(t, seed);
  run_pair<16, 3>(t, seed);
}

template <>
void run_inputs<32>(task& t, int seed) {
  run_pair<32, 32>(t, seed);
}
