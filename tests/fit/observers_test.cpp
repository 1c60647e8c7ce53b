#include <minnow/fit/observers.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/fit/reestimate_batch_norm.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/linear.hpp>
#include <minnow/train/evaluate.hpp>

#include "comma_locale.hpp"
#include "event_files.hpp"
#include "small_runs.hpp"
#include "system/data_files.hpp"

using namespace minnow;
using data_files::folder;

namespace {

struct observed_model : model<features<6>, dense<8, scheme<real, sign>>, batch_norm, relu, dense<3, real>> {};
using observed_network = network<observed_model, alpha_blend>;

struct run_killed {};

const dataset<float>& seen_numbers() {
  static const auto data = test::numbers(60);
  return data;
}
const dataset<float>& held_out() {
  static const auto data = test::numbers(40, 2);
  return data;
}

/// Trains for six epochs of four steps, with an observer besides others; aborts the run after step `last`.
template <class Observer>
history observe_run(const Observer& observer, observed_network& net, const std::string& checkpoint = "",
                    long long last = 1000) {
  const auto killer = [last](const event& e, observed_network&) {
    if (e.step == last && !e.epoch_end) throw run_killed{};
  };
  return fit(net, seen_numbers(), adam{.rate = 0.05f}, linear{},
             {.epochs = 6, .batch = 15, .validation = &held_out(), .checkpoint = {.path = checkpoint, .resume = true}},
             observers{killer, observer});
}

/// Events of epochs with these validation accuracies.
std::vector<event> epochs_of(const std::vector<double>& accuracies) {
  std::vector<event> result;
  for (const double accuracy : accuracies) {
    event& e = result.emplace_back();
    e.epoch_end = true;
    e.epoch = static_cast<int>(result.size());
    e.validation_accuracy = accuracy;
    e.validation_images = 10;
  }
  return result;
}

/// Returns the last epoch of a run with these accuracies.
int last_epoch(const stop_early& stop, const std::vector<double>& accuracies) {
  const auto all = epochs_of(accuracies);
  for (std::size_t n = 1; n <= all.size(); ++n) {
    const std::vector<event> so_far(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
    if (!stop(so_far.back(), 0, so_far)) return static_cast<int>(n);
  }
  return 0;
}

}  // namespace

TEST_SUITE("fit/observers") {
  TEST_CASE("stop_early stops after epochs in a row that are not better") {
    CHECK(last_epoch({.patience = 2}, {0.5, 0.6, 0.6, 0.5, 0.9}) == 4);
    CHECK(last_epoch({.patience = 2}, {0.5, 0.4, 0.6, 0.5, 0.7, 0.8}) == 0);
    CHECK(last_epoch({.patience = 1}, {0.5, 0.5}) == 2);
    CHECK(last_epoch({.patience = 3}, {0.5, 0.1, 0.2, 0.3, 0.9}) == 4);
    // A gain counts against the best epoch with a sufficient gain, not against the epoch before.
    CHECK(last_epoch({.patience = 2, .min_gain = 0.05}, {0.5, 0.54, 0.58, 0.6, 0.62}) == 5);
    CHECK_THROWS_AS(last_epoch({.patience = 0}, {0.5}), error);
    CHECK_THROWS_AS(last_epoch({.patience = 1, .min_gain = -1}, {0.5}), error);
  }

  TEST_CASE("keep_best writes the network of the best epoch, and reading it back gives its accuracy") {
    const folder where;
    const std::string path = where.path("best");
    observed_network net{seed{3}}, plain{seed{3}};
    const history h = observe_run(keep_best{path}, net);
    CHECK(observe_run([](const event&, auto&) {}, plain).epochs.size() == 6);
    CHECK(test::arrays(net) == test::arrays(plain));  // observers do not change the run
    double best = -1;
    for (const event& e : h.epochs) best = std::max(best, e.validation_accuracy);
    observed_network kept;
    require(read(path.c_str(), kept));
    reestimate_batch_norm(kept, seen_numbers(), {.batches = 30, .batch = 15});
    CHECK(accuracy(kept, held_out()) == best);
    CHECK(accuracy(pack(kept), held_out()) == best);
  }

  TEST_CASE("keep_best writes only what is better than all earlier epochs, and only on rank 0") {
    const folder where;
    const std::string path = where.path("best");
    const observed_network net{seed{3}};
    const keep_best keep{path};
    auto all = epochs_of({0.5, 0.7, 0.7});
    keep(all.back(), net, all);  // equal to an earlier epoch
    CHECK(where.names().empty());
    all.pop_back();
    all.back().rank = 1;
    keep(all.back(), net, all);
    CHECK(where.names().empty());
    all.back().rank = 0;
    keep(all.back(), net, all);
    CHECK(where.names() == std::vector<std::string>{"best"});
  }

  TEST_CASE("keep_best and stop_early refuse a run without validation") {
    observed_network net;
    const folder where;
    CHECK_THROWS_WITH_AS(fit(net, seen_numbers(), adam{}, linear{}, {}, keep_best{where.path("best")}),
                         "keep_best: expected a run with .validation, found one without", error);
    CHECK_THROWS_WITH_AS(fit(net, seen_numbers(), adam{}, linear{}, {}, stop_early{}),
                         "stop_early: expected a run with .validation, found one without", error);
  }

  TEST_CASE("with an average, keep_best writes the averages, which need no re-estimation") {
    const folder where;
    const std::string path = where.path("best");
    observed_network net{seed{3}}, kept;
    const history h =
        fit(net, seen_numbers(), adam{.rate = 0.05f}, linear{},
            {.epochs = 6, .batch = 15, .validation = &held_out(), .average = {.decay = 0.8f}}, keep_best{path});
    double best = -1;
    for (const event& e : h.epochs) best = std::max(best, e.validation_accuracy);
    require(read(path.c_str(), kept));
    CHECK(accuracy(pack(kept), held_out()) == best);
  }

  TEST_CASE("csv_log holds the numbers of every epoch, in every locale") {
    const folder where;
    const std::string path = where.path("run.csv");
    observed_network net{seed{3}};
    const history h = [&] {
      const test::comma_locale comma;
      return observe_run(csv_log{path}, net);
    }();
    std::istringstream lines(data_files::content<std::string>(path));
    std::string line;
    std::getline(lines, line);
    CHECK(line == "epoch,step,loss,accuracy,validation_accuracy_blended,validation_accuracy,alpha,rate,seconds");
    for (const event& e : h.epochs) {
      REQUIRE(std::getline(lines, line));
      std::replace(line.begin(), line.end(), ',', ' ');
      std::istringstream numbers(line);
      for (const double expected : {static_cast<double>(e.epoch), static_cast<double>(e.step), e.loss, e.accuracy,
                                    e.validation_accuracy_blended, e.validation_accuracy, static_cast<double>(e.alpha),
                                    static_cast<double>(e.rate), e.seconds}) {
        double found = -1;
        numbers >> found;
        CHECK(found == expected);
      }
    }
    CHECK(!std::getline(lines, line));
  }

  TEST_CASE("the log of TensorBoard holds the scalars of every epoch") {
    const folder where;
    observed_network net{seed{3}};
    const history h = observe_run(tensorboard_log{where.path("runs/first")}, net);
    CHECK(where.names() == std::vector<std::string>{"runs"});
    if (!test::can_read_events()) return;
    std::istringstream lines(test::events_of(where.path("runs/first/events.out.tfevents.minnow")));
    std::string line;
    for (const event& e : h.epochs) {
      REQUIRE(std::getline(lines, line));
      std::istringstream words(line);
      int epoch = 0;
      words >> epoch;
      CHECK(epoch == e.epoch);
      const std::pair<const char*, double> scalars[] = {{"loss", e.loss},
                                                        {"accuracy", e.accuracy},
                                                        {"validation_accuracy_blended", e.validation_accuracy_blended},
                                                        {"validation_accuracy", e.validation_accuracy},
                                                        {"alpha", static_cast<double>(e.alpha)},
                                                        {"rate", static_cast<double>(e.rate)}};
      for (const auto& [name, value] : scalars) {
        std::string word;
        words >> word;
        const std::string head = std::string(name) + "=";
        REQUIRE(word.starts_with(head));
        CHECK(std::strtod(word.c_str() + head.size(), nullptr) == static_cast<double>(static_cast<float>(value)));
      }
    }
    CHECK(!std::getline(lines, line));
  }

  TEST_CASE("a run that was killed and resumed leaves the same best network and logs") {
    const folder where;
    observed_network whole{seed{3}};
    const auto all_in = [&](const std::string& name) {
      return observers{keep_best{where.path(name + ".best")}, csv_log{where.path(name + ".csv")},
                       tensorboard_log{where.path(name)}, stop_early{.patience = 3}};
    };
    const history expected = observe_run(all_in("whole"), whole);
    const auto without_seconds = [&](const std::string& name) {
      std::istringstream lines(data_files::content<std::string>(where.path(name + ".csv")));
      std::string result;
      for (std::string line; std::getline(lines, line);) result += line.substr(0, line.rfind(',')) + '\n';
      return result;
    };
    for (const long long last : {3, 9, 15, 16}) {
      CAPTURE(last);
      const std::string name = std::to_string(last), checkpoint = where.path(name + ".checkpoint");
      observed_network net{seed{3}}, resumed{seed{3}};
      CHECK_THROWS_AS(observe_run(all_in(name), net, checkpoint, last), run_killed);
      // The files after the last checkpoint may hold more epochs than the checkpoint.
      const history h = observe_run(all_in(name), resumed, checkpoint);
      CHECK(h.epochs.size() == expected.epochs.size());
      CHECK(h.stopped == expected.stopped);
      CHECK(test::arrays(resumed) == test::arrays(whole));
      CHECK(data_files::content<std::string>(where.path(name + ".best")) ==
            data_files::content<std::string>(where.path("whole.best")));
      CHECK(without_seconds(name) == without_seconds("whole"));
      if (!test::can_read_events()) continue;
      const auto events = [&](const std::string& run) {
        return test::events_of(where.path(run + "/events.out.tfevents.minnow"));
      };
      CHECK(events(name) == events("whole"));
      CHECK(!events(name).empty());
    }
  }

  TEST_CASE("observers are all called, also after one has stopped the run, and with or without the epochs") {
    observed_network net{seed{3}};
    int first = 0, second = 0;
    std::size_t most = 0;
    const history h = fit(net, seen_numbers(), adam{}, linear{}, {.epochs = 3, .batch = 15},
                          observers{[&](const event& e, observed_network&) {
                                      ++first;
                                      return e.step < 6;
                                    },
                                    [&](const event& e, observed_network&, const std::vector<event>& epochs) {
                                      ++second;
                                      most = epochs.size();
                                      CHECK(static_cast<int>(epochs.size()) == (e.epoch_end ? e.epoch : e.epoch - 1));
                                    }});
    CHECK(h.stopped);
    CHECK(first == 6 + 2);  // steps and ends of epochs
    CHECK(second == first);
    CHECK(most == 2);
  }
}
