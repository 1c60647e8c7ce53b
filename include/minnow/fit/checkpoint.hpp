#pragma once

#include <string>

namespace minnow {

/// Where a run stores the data that it needs to be resumed: {.path = "run.checkpoint", .every = 500, .resume = true}.
///
/// A run that is killed at any moment and resumed ends bit-identical to a run that was never stopped. Writing
/// checkpoints does not change the result either. The file is written atomically, and by one run at a time.
struct checkpoint_options {
  std::string path{};   ///< empty: no checkpoints
  long long every = 0;  ///< steps between two checkpoints, at least 0; 0: one at the end of each epoch
  bool resume = false;  ///< true: resumes from an existing file; false: an existing file is an error
};

}  // namespace minnow
