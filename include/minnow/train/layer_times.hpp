#pragma once

#include <vector>

namespace minnow {

/// Seconds that the layers of a network took, in the order of the network's primitive layers; see
/// network_base::time_into.
///
/// experimental  may change in any version
struct layer_times {
  std::vector<double> forward;
  std::vector<double> backward;
};

}  // namespace minnow
