#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

/// Shows the progress of a training run. On a terminal it redraws a line at most ten times per second; elsewhere it
/// prints only one line per epoch.
class progress {
public:
  /// Starts a run of `epochs` epochs of `steps` steps each. The functions below count epochs and steps from 1.
  progress(int epochs, int steps, std::FILE* to = stdout)
      : epochs_(epochs), steps_(steps), to_(to), live_(is_terminal(to)), begin_(clock::now()) {}
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress() { clear(); }

  /// Shows a step: the loss and the accuracy (0 … 1) so far in this epoch, and alpha.
  void step(int epoch, int step_in_epoch, double loss, double accuracy, double alpha) {
    if (!live_) return;
    const auto now = clock::now();
    const bool early = drawn_ && now - last_ < std::chrono::milliseconds(100);
    if (early) return;
    last_ = now;
    const double done = (epoch - 1 + static_cast<double>(step_in_epoch) / std::max(steps_, 1)) / std::max(epochs_, 1);
    const double passed = std::chrono::duration<double>(now - begin_).count();
    constexpr int width = 24;
    char bar[width + 1] = {};
    for (int i = 0; i < width; ++i) bar[i] = i < static_cast<int>(done * width) ? '#' : '.';
    begin_line();
    std::fprintf(to_, "epoch %d/%d [%s] ", epoch, epochs_, bar);
    show_time(done > 0 ? passed * (1 - done) / done : 0);
    std::fprintf(to_, " left  loss %.4f  accuracy %.2f %%  alpha %.2f", loss, 100 * accuracy, alpha);
    end_line();
  }

  /// Shows an epoch: the loss, three accuracies, and the epoch's seconds. The first accuracy is measured on the
  /// training set during training. The other two are measured on the validation set: for the network that is only
  /// partly quantized (blended by alpha), and for the quantized network. An accuracy is 0 … 1, or negative if it was
  /// not measured.
  void epoch(int epoch, double loss, double train_accuracy, double blended_accuracy, double quantized_accuracy,
             double seconds) {
    clear();
    std::fprintf(to_, "epoch %*d/%d  loss %.4f", digits(epochs_), epoch, epochs_, loss);
    show_accuracy("train", train_accuracy);
    show_accuracy("blended", blended_accuracy);
    show_accuracy("quantized", quantized_accuracy);
    std::fprintf(to_, "  %.1f s\n", seconds);
    std::fflush(to_);
  }

private:
  using clock = std::chrono::steady_clock;

  static bool is_terminal(std::FILE* file) {
#if defined(_WIN32)
    return _isatty(_fileno(file)) != 0;
#else
    return isatty(fileno(file)) != 0;
#endif
  }

  static int digits(int number) {
    int count = 1;
    while (number /= 10) ++count;
    return count;
  }

  void begin_line() { std::fputs("\r", to_); }

  /// Erases the rest of the previous line if that line was longer.
  void end_line() {
    std::fputs("\x1b[K", to_);
    std::fflush(to_);
    drawn_ = true;
  }

  void clear() {
    if (!drawn_) return;
    begin_line();
    end_line();
    drawn_ = false;
  }

  void show_time(double seconds) {
    const int whole = static_cast<int>(std::min(seconds, 359999.0));
    if (whole >= 3600) std::fprintf(to_, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    else std::fprintf(to_, "%d:%02d", whole / 60, whole % 60);
  }

  void show_accuracy(const char* name, double accuracy) {
    if (accuracy >= 0) std::fprintf(to_, "  %s %.2f %%", name, 100 * accuracy);
  }

  int epochs_;
  int steps_;
  std::FILE* to_;
  bool live_;
  bool drawn_ = false;
  clock::time_point begin_;
  clock::time_point last_;
};
