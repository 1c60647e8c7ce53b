#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/fit/history.hpp>
#include <minnow/fit/update.hpp>
#include <minnow/io/checkpoint.hpp>
#include <minnow/io/file_lock.hpp>

namespace minnow {

/// Where a run keeps what it needs to go on after it was stopped: {.path = "run.checkpoint", .every = 500, .resume = true}.
///
/// A run that was killed at any moment and goes on from there ends with the bits of one that was never stopped; keeping
/// checkpoints changes nothing either. The file is written whole or not at all, and by one run at a time.
struct checkpoint_options {
  std::string path{};    ///< empty: nowhere
  long long every = 0;   ///< steps between two checkpoints, at least 0; 0: one at each epoch's end
  bool resume = false;   ///< goes on from a file that is there already; without this it is an error
};

namespace detail {

/// A run's checkpoints.
template <optimizer Optimizer>
class checkpoints {
public:
  /// throws  where another run writes there now, or did before and is not resumed
  checkpoints(checkpoint_options options, untyped_network& net, updater<Optimizer>& update, std::vector<run_fact> facts,
              int epochs, long long steps)
      : options_(std::move(options)), net_(net), update_(update), facts_(std::move(facts)), epochs_(epochs), steps_(steps),
        every_(options_.every > 0 ? options_.every : steps / epochs) {
    if (options_.path.empty()) return;
    require(lock_.take(path()));
    if (!options_.resume && file_exists(path()))
      require(status::failure("%s: expected no file, found one: say .resume = true to go on from it, or remove it", path()));
  }

  /// Puts a run to where its file says it stood, if there is one.
  ///
  /// throws  where the file is damaged or another run's
  void resume(run_position& position) {
    if (options_.path.empty() || !file_exists(path())) return;
    update_.make_room(net_);
    std::vector<double> numbers(count_of<run_position>()), epochs;
    require(read_checkpoint(path(), parts(numbers, epochs)));
    const auto countable = [](double number) { return std::abs(number) <= 0x1p53; };
    if (!std::all_of(numbers.begin(), numbers.end(), countable) || !std::all_of(epochs.begin(), epochs.end(), countable) ||
        !(0 <= numbers[0] && numbers[0] <= static_cast<double>(steps_)))
      require(status::failure("%s: expected a run at step 0 to %lld, found step %g or a number that is none", path(), steps_, numbers[0]));
    const double* from = numbers.data();
    const auto take = [&from](auto& number) { number = static_cast<std::remove_reference_t<decltype(number)>>(*from++); };
    numbers_of(position, take);
    from = epochs.data();
    for (std::size_t e = 0; e < epochs.size() / count_of<event>(); ++e)
      numbers_of(position.epochs.emplace_back(event{.epoch_end = true, .epochs = epochs_, .steps = steps_}), take);
    written_ = position.step;
    update_.went_on(position.step, position.rate);
  }

  /// Between two steps: writes if it is time. Weights that keep their codes for some steps are written when they are about
  /// to lose them, so that the file need not have those.
  ///
  /// throws  where the file cannot be written; the one before it is still there
  void between(run_position& position, bool requantizes_next) {
    if (options_.path.empty() || position.step == written_) return;
    due_ = due_ || position.step % every_ == 0 || position.step == steps_;
    if (!due_ || !requantizes_next) return;
    std::vector<double> numbers, epochs;
    numbers_of(position, [&](auto number) { numbers.push_back(static_cast<double>(number)); });
    for (event& e : position.epochs) numbers_of(e, [&](auto number) { epochs.push_back(static_cast<double>(number)); });
    require(write_checkpoint(path(), parts(numbers, epochs)));
    written_ = position.step;
    due_ = false;
  }

private:
  [[nodiscard]] const char* path() const noexcept { return options_.path.c_str(); }
  [[nodiscard]] run_parts parts(std::span<double> position, std::vector<double>& epochs) noexcept {
    return {net_, facts_, position, epochs, count_of<event>(), static_cast<std::size_t>(epochs_), update_.moments()};
  }
  template <class Numbers>
  [[nodiscard]] static std::size_t count_of() {
    std::size_t count = 0;
    Numbers n;
    numbers_of(n, [&](auto) { ++count; });
    return count;
  }

  checkpoint_options options_;
  untyped_network& net_;
  updater<Optimizer>& update_;
  std::vector<run_fact> facts_;
  int epochs_;
  long long steps_;
  long long every_;
  long long written_ = 0;
  bool due_ = false;
  file_lock lock_;
};

}  // namespace detail

}  // namespace minnow
