#pragma once

#include <minnow/fit/checkpoint.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/files/checkpoint.hpp>
#include <minnow/files/file_lock.hpp>
#include <minnow/fit/history.hpp>
#include <minnow/fit/update.hpp>
#include <minnow/system/within_memory.hpp>
#include <minnow/system/write_whole.hpp>

namespace minnow::detail {

/// Reads and writes the checkpoints of a run.
class checkpoints {
public:
  /// throws  if another run is writing to the file, or if the file exists and `resume` is false
  checkpoints(checkpoint_options options, network_base& net, updater_base& update, std::vector<run_fact> facts,
              int epochs, int batch, long long steps)
      : options_(std::move(options)),
        net_(net),
        update_(update),
        facts_(std::move(facts)),
        epochs_(epochs),
        batch_(batch),
        steps_(steps),
        every_(options_.every > 0 ? options_.every : steps / epochs) {
    if (options_.path.empty()) return;
    require(lock_.take(c_path(options_.path)));
    require(within_memory(path(), [&] {
      std::string target;
      const status outcome = follow_links(path(), target);
      if (outcome) remove_stale_parts(target);
      return outcome;
    }));
    if (!options_.resume && file_exists(path()))
      require(status::failure("%s: expected no file, found one: set .resume = true to continue from it, or remove it",
                              path()));
  }

  /// Restores a run from its file, if there is one.
  ///
  /// throws  if the file is damaged or belongs to another run
  void resume(run_position& position) {
    if (options_.path.empty() || !file_exists(path())) return;
    update_.make_room(net_);
    std::vector<double> numbers(count_of<run_position>()), epochs;
    run_parts run = parts(numbers, epochs);
    run.check = [this](std::span<const double> at, std::span<const double> done) { return check(at, done); };
    require(read_checkpoint(path(), std::move(run)));
    const double* from = numbers.data();
    const auto take = [&from](auto& number) {
      number = static_cast<std::remove_reference_t<decltype(number)>>(*from++);
    };
    numbers_of(position, take);
    from = epochs.data();
    for (std::size_t e = 0; e < epochs.size() / count_of<event>(); ++e) {
      event& done = position.epochs.emplace_back();
      done.epoch_end = true;
      done.epochs = epochs_;
      done.steps = steps_;
      numbers_of(done, take);
    }
    written_ = position.step;
    update_.went_on(position.step, position.rate);
  }

  /// Writes a checkpoint if one is due. Called between two steps. If weights keep their codes for several steps, the
  /// checkpoint waits until just before the codes are recomputed, so that the file need not hold them.
  ///
  /// throws  if the file cannot be written; the previous file then remains
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
    run_parts run{net_, facts_, position, epochs, count_of<event>(), index(epochs_), update_.moments()};
    run.moment_count = update_.moment_count();
    run.is_square = [this](int moment) { return update_.is_square(moment); };
    return run;
  }

  /// Refuses a position and epochs that a run with `steps_` steps cannot reach.
  [[nodiscard]] status check(std::span<const double> at, std::span<const double> done) const {
    const auto integer_in = [](double from, double to, double number) {
      return from <= number && number <= to && number == std::floor(number);
    };
    const auto is_in = [](double from, double to, double number) { return from <= number && number <= to; };
    constexpr double any = 0x1p53, any_float = static_cast<double>(std::numeric_limits<float>::max());
    const auto steps = static_cast<double>(steps_), of_epoch = steps / epochs_;
    if (!integer_in(0, steps, at[0]))
      return status::failure("%s: expected a run at step 0 to %lld, found step %g", path(), steps_, at[0]);
    const double epochs = std::floor(at[0] / of_epoch), step = at[0] - epochs * of_epoch;
    const std::size_t count = done.size() / count_of<event>();
    if (static_cast<double>(count) != epochs)
      return status::failure("%s: expected %.0f finished epochs at step %.0f (%.0f steps an epoch), found %zu", path(),
                             epochs, at[0], of_epoch, count);
    struct expectation {
      const char* name;
      double found;
      bool sound;
    };
    const auto refuse = [&](const expectation& e, const char* where, double number) {
      return status::failure("%s: expected %s that fits %s %.0f, found %g", path(), e.name, where, number, e.found);
    };
    const expectation position[] = {{"an alpha", at[1], is_in(0, 1, at[1])},
                                    {"a learning rate", at[2], is_in(-any_float, any_float, at[2])},
                                    {"a sum of losses", at[3], std::isfinite(at[3])},
                                    {"a count of images seen", at[5], at[5] == step * batch_},
                                    {"a count of correct images", at[4], integer_in(0, at[5], at[4])}};
    for (const expectation& e : position)
      if (!e.sound) return refuse(e, "a run at step", at[0]);
    for (std::size_t i = 0; i < count; ++i) {
      const double* const e = done.data() + i * count_of<event>();
      const auto number = static_cast<double>(i + 1);
      const expectation of_event[] = {{"its number", e[0], e[0] == number},
                                      {"its last step", e[1], e[1] == number * of_epoch},
                                      {"a loss", e[2], std::isfinite(e[2])},
                                      {"an accuracy", e[3], is_in(0, 1, e[3])},
                                      {"a blended accuracy", e[4], is_in(0, 1, e[4])},
                                      {"a quantized accuracy", e[5], is_in(0, 1, e[5])},
                                      {"an alpha", e[6], is_in(0, 1, e[6])},
                                      {"a learning rate", e[7], is_in(-any_float, any_float, e[7])},
                                      {"seconds", e[8], is_in(0, any, e[8])}};
      for (const expectation& one : of_event)
        if (!one.sound) return refuse(one, "epoch", number);
    }
    return {};
  }
  template <class Numbers>
  [[nodiscard]] static std::size_t count_of() {
    std::size_t count = 0;
    Numbers n;
    numbers_of(n, [&](auto) { ++count; });
    return count;
  }

  checkpoint_options options_;
  network_base& net_;
  updater_base& update_;
  std::vector<run_fact> facts_;
  int epochs_;
  int batch_;
  long long steps_;
  long long every_;
  long long written_ = 0;
  bool due_ = false;
  file_lock lock_;
};

}  // namespace minnow::detail
