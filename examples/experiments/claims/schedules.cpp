#include "networks.hpp"

namespace {

constexpr std::array schedules{"half", "linear", "rising", "cubic", "exponential"};

}  // namespace

void run_schedules(study& s, int seed) {
  run_claim<narrow_d<1, 1>>(s, seed, "ste", "ste");
  for (const std::string estimator : {"aqe", "aqe_expected", "alpha_blend"})
    for (const char* schedule : schedules)
      run_claim<narrow_d<1, 1>>(s, seed, estimator + " " + schedule, estimator, schedule);
}

void answer_schedules(const results& found) {
  for (const std::string schedule : schedules) {
    found.compare("aqe " + schedule, "ste");
    found.compare("aqe_expected " + schedule, "aqe " + schedule);
    if (schedule != "half") found.compare("aqe " + schedule, "aqe half");
  }
}
