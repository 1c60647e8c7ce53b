#include "networks.hpp"

namespace {

template <int Bits>
void run(study& s, int seed, const std::string& bits) {
  run_claim<narrow_d<Bits, Bits>>(s, seed, bits + " ste", "ste");
  run_claim<narrow_d<Bits, Bits>>(s, seed, bits + " aqe half", "aqe", "half");
  run_claim<narrow_d<Bits, Bits>>(s, seed, bits + " aqe rising", "aqe", "rising");
}

}  // namespace

void run_levels(study& s, int seed) {
  run<1>(s, seed, "1");
  run<2>(s, seed, "2");
}

void answer_levels(const results& found) {
  for (const std::string bits : {"1", "2"})
    for (const char* schedule : {" aqe half", " aqe rising"}) found.compare(bits + schedule, bits + " ste");
  std::printf("levels.csv has the fraction of numbers near a level for each row, seed and epoch.\n");
}
