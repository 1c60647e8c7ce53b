#pragma once

#include <vector>

namespace minnow {

/// State of a run. An observer receives it after every step, and after every epoch with `epoch_end` set to true.
struct event {
  bool epoch_end = false;
  int epoch = 0;  ///< from 1
  int epochs = 0;
  long long step = 0;  ///< counted from 1 over the whole run
  long long steps = 0;
  double loss = 0;      ///< mean over the batch; at an epoch's end, mean over the epoch
  double accuracy = 0;  ///< accuracy at this alpha, on the training images of the batch or epoch
  union {
    double validation_accuracy_blended = 0;  ///< at an epoch's end: accuracy on the validation set at this alpha
    [[deprecated("minnow: renamed to validation_accuracy_blended")]] double blended;
  };
  union {
    /// Like `validation_accuracy_blended`, but at alpha = 1: the accuracy of the quantized network, with the latest
    /// codes of its weights.
    double validation_accuracy = 0;
    [[deprecated("minnow: renamed to validation_accuracy")]] double quantized;
  };
  float alpha = 0;
  float rate = 0;
  double seconds = 0;         ///< seconds since the run was started or resumed
  int validation_images = 0;  ///< number of images of `.validation`; 0: none
  int rank = 0;               ///< number of this process among the processes of the run; 0 if it is alone
};

/// Result of a run: the events of its epochs.
struct history {
  std::vector<event> epochs;
  bool stopped = false;  ///< true if the observer stopped the run
  double seconds = 0;
};

namespace detail {

/// Position of a run between two steps. The rest of the run's state is in the network and in the optimizer.
struct run_position {
  long long step = 0;  ///< number of finished steps
  float alpha = 0;     ///< alpha of the last step
  float rate = 0;
  double loss = 0;  ///< `loss`, `correct` and `seen` are sums over the images of this epoch so far
  double correct = 0;
  double seen = 0;
  std::vector<event> epochs{};  ///< finished epochs
};

/// Calls visit(number) for each number that a checkpoint stores for a position, or for the event of one epoch. Does not
/// visit the epochs of a position.
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
