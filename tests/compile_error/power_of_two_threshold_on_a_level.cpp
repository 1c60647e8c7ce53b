// expect: minnow: every level of power_of_two lies strictly inside its own cell: 2^-p < D_p < 2^-(p-1), 0 < D_q
#include <minnow/model.hpp>

using namespace minnow;

// D_1 is the threshold between the levels 1/2 and 1. Here it equals 1/2, so every number above 1/2 would become 1.
struct thresholds {
  static constexpr text name() { return "thresholds"; }
  template <int Q>
  static constexpr std::array<float, Q> value = {0.5f, 0.375f, 0.125f};
};

constexpr float code = power_of_two<3, thresholds>::code(0.5f, {});
