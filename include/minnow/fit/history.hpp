#pragma once

#include <vector>

namespace minnow {

/// State of a run, which an observer receives after every step and, with `epoch_end`, after every epoch.
struct event {
  bool epoch_end = false;
  int epoch = 0;  ///< from 1
  int epochs = 0;
  long long step = 0;  ///< counted from 1 over the whole run
  long long steps = 0;
  double loss = 0;      ///< mean over the batch; at an epoch's end, mean over the epoch
  double accuracy = 0;  ///< accuracy of the network as trained (blended), on the training images of the batch or epoch
  union {
    double validation_accuracy_blended = 0;  ///< at an epoch's end, on the validation set: the network as trained
    [[deprecated("minnow: renamed to validation_accuracy_blended")]] double blended;
  };
  union {
    /// Like `validation_accuracy_blended`, but of the quantized network as shipped, with the latest codes of its
    /// weights.
    double validation_accuracy = 0;
    [[deprecated("minnow: renamed to validation_accuracy")]] double quantized;
  };
  float alpha = 0;
  float rate = 0;
  double seconds = 0;  ///< seconds since the run was started or resumed
};

/// Result of a run: the events of its epochs.
struct history {
  std::vector<event> epochs;
  bool stopped = false;  ///< by the observer
  double seconds = 0;
};

namespace detail {

/// Position of a run between two steps. The rest of the run's state is in the network and in the optimizer.
struct run_position {
  long long step = 0;  ///< number of finished steps
  float alpha = 0;     ///< of the last step
  float rate = 0;
  double loss = 0;  ///< `loss`, `correct` and `seen` are sums over the images of this epoch so far
  double correct = 0;
  double seen = 0;
  std::vector<event> epochs{};  ///< finished epochs
};

/// Calls visit(number) for each number that a file stores of a position, except its epochs, or of one epoch's event.
template <class Visit>
void numbers_of(run_position& p, Visit&& visit) {
  visit(p.step), visit(p.alpha), visit(p.rate), visit(p.loss), visit(p.correct), visit(p.seen);
}
template <class Visit>
void numbers_of(event& e, Visit&& visit) {
  visit(e.epoch), visit(e.step), visit(e.loss), visit(e.accuracy), visit(e.validation_accuracy_blended),
      visit(e.validation_accuracy);
  visit(e.alpha), visit(e.rate), visit(e.seconds);
}

}  // namespace detail

}  // namespace minnow
