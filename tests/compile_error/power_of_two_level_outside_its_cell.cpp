// expect: minnow: every level of power_of_two lies strictly inside its own cell: 2^-p < D_p < 2^-(p-1), 0 < D_q
#include <minnow/model.hpp>

using namespace minnow;

// D_2 is the threshold between the levels 1/4 and 1/2. Here it equals 1/2. Since |x| <= D_2 selects the smaller level,
// the level 1/2 itself would become 1/4.
struct thresholds {
  static constexpr text name() { return "thresholds"; }
  template <int Q>
  static constexpr std::array<float, Q> value = {0.75f, 0.5f, 0.125f};
};

constexpr float code = power_of_two<3, thresholds>::code(0.5f, {});
