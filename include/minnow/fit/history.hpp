#pragma once

#include <vector>

namespace minnow {

/// What an observer sees after every step, and with `epoch_end` after every epoch.
struct event {
  bool epoch_end = false;
  int epoch = 0;  ///< from 1
  int epochs = 0;
  long long step = 0;  ///< from 1, of the whole run
  long long steps = 0;
  double loss = 0;       ///< of the batch; at an epoch's end the epoch's mean
  double accuracy = 0;   ///< of the network as trained (blended) on training images, batch or epoch
  double blended = 0;    ///< at an epoch's end, on the validation set: of the network as trained,
  double quantized = 0;  ///< and of the quantized one that is shipped (its weights as of the last quantization)
  float alpha = 0;
  float rate = 0;
  double seconds = 0;  ///< since the run began, or went on
};

/// What a run came to: the events of its epochs.
struct history {
  std::vector<event> epochs;
  bool stopped = false;  ///< by the observer
  double seconds = 0;
};

namespace detail {

/// Where a run stands between two steps; the rest is in the network and in the optimizer.
struct run_position {
  long long step = 0;  ///< that are done
  float alpha = 0;     ///< of the last one
  float rate = 0;
  double loss = 0;  ///< sums over the images of this epoch that were seen
  double correct = 0;
  double seen = 0;
  std::vector<event> epochs{};  ///< that are done
};

/// visit(number) for all that a file keeps of a position, its epochs apart, and of one of these.
template <class Visit>
void numbers_of(run_position& p, Visit&& visit) {
  visit(p.step), visit(p.alpha), visit(p.rate), visit(p.loss), visit(p.correct), visit(p.seen);
}
template <class Visit>
void numbers_of(event& e, Visit&& visit) {
  visit(e.epoch), visit(e.step), visit(e.loss), visit(e.accuracy), visit(e.blended), visit(e.quantized);
  visit(e.alpha), visit(e.rate), visit(e.seconds);
}

}  // namespace detail

}  // namespace minnow
