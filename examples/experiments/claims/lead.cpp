#include "networks.hpp"

void run_lead(study& s, int seed) {
  for (const char* estimator : {"ste", "aqe"}) {
    run_claim<narrow_a<1, 1>>(s, seed, std::string("a ") + estimator, estimator);
    run_claim<narrow_d<1, 1>>(s, seed, std::string("d ") + estimator, estimator);
  }
}

void answer_lead(const results& found) {
  found.compare("a aqe", "a ste");
  found.compare("d aqe", "d ste");
  const by_seed large = difference(found.of("a aqe"), found.of("a ste"));
  const by_seed small = difference(found.of("d aqe"), found.of("d ste"));
  std::printf("%s.\n", describe("lead of aqe in d minus lead of aqe in a", difference(small, large)).c_str());
}
