#pragma once

#include <string>

namespace minnow {

/// Options of a run's checkpoints: {.path = "run.checkpoint", .every = 500, .resume = true}.
///
/// A run can be resumed from its checkpoint file. If a run is killed at any moment and then resumed, its result is
/// bit-identical to the result of an uninterrupted run. Writing checkpoints does not change the result either. The file
/// is written atomically. Only one run at a time can write to it.
struct checkpoint_options {
  std::string path{};   ///< empty: no checkpoints
  long long every = 0;  ///< steps between two checkpoints, at least 0; 0: one at the end of each epoch
  bool resume = false;  ///< true: resumes from an existing file; false: an existing file is an error
};

}  // namespace minnow
