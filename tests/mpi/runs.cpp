// Runs training on n ranks. Checks the accuracy, resuming from a checkpoint, and how a run ends when a rank fails.
//
// usage: mpirun -n N runs CASE [CHECKPOINT]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <limits>
#include <string>

#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/model.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/schedule/linear.hpp>

#include "program.hpp"

namespace {

using namespace minnow;
using clock_type = std::chrono::steady_clock;

struct digits
    : model<image<1, 14, 14>, conv<16, scheme<pixels, ternary<mean_threshold<>>>, stride<2>>, batch_norm, relu,
            dense<64, scheme<integer<8>, integer<4, per_channel>>>, batch_norm, dense<10, minw<2, 2>>, batch_norm> {};
using digits_network = network<digits, aqe>;

constexpr double timeout = 2;  // seconds
constexpr const char* silence = "within 2 s, found at least one silent";
constexpr int batch = 50;

std::string checkpoint;
std::string name;

fit_options<std::uint8_t> options_of(data_parallel& ranks) {
  static const auto validation = test::small_digits(100, seed{3});
  return {.epochs = 4,
          .batch = batch,
          .validation = &validation,
          .checkpoint = {.path = checkpoint, .every = 7, .resume = true},
          .ranks = &ranks};
}
const adam optimizer{.rate = 5e-3f, .decay = cosine_rate{}};

/// The text of the error that ended a run on this rank, and the time in seconds from the last event to this error.
struct ending {
  std::string text = "no error";
  double seconds = 0;
};
template <class Observer>
ending end_of(const fit_options<std::uint8_t>& options, Observer&& observer) {
  digits_network net{seed{1}};
  const auto data = test::small_digits(400, seed{2});
  auto last = clock_type::now();
  ending result;
  try {
    fit(net, data, optimizer, linear{}, options, [&](const event& e, auto&) {
      last = clock_type::now();
      observer(e);
    });
  } catch (const error& e) {
    result.text = e.what();
  }
  result.seconds = std::chrono::duration<double>(clock_type::now() - last).count();
  return result;
}

void expect_text(const ending& end, const char* part) {
  MPI_EXPECT(end.text.find(part) != std::string::npos, "%s", end.text.c_str());
}

/// Checks that a run on several ranks reaches the accuracy of a run on one rank, except for the effect of a different
/// summation order.
void accuracy_of(bool synchronized) {
  data_parallel ranks{MPI_COMM_WORLD, {.synchronized_statistics = synchronized, .timeout = 20}};
  const auto data = test::small_digits(1500, seed{2}), validation = test::small_digits(501, seed{3});
  digits_network one{seed{1}}, all{seed{1}};
  fit_options<std::uint8_t> options{.epochs = 4, .batch = batch, .validation = &validation};
  const double alone = fit(one, data, optimizer, constant{}, options).epochs.back().validation_accuracy;
  options.ranks = &ranks;
  const double together = fit(all, data, optimizer, constant{}, options).epochs.back().validation_accuracy;
  if (ranks.rank() == 0) std::printf("accuracy %.3f on one rank, %.3f on %d\n", alone, together, ranks.size());
  MPI_EXPECT(alone > 0.6 && std::abs(alone - together) < 0.06, "%g and %g", alone, together);
  // Each rank measured only a share of the validation set, but `together` must be the accuracy on the whole set. All
  // ranks must have the same network.
  MPI_EXPECT(std::abs(accuracy(all, validation) - together) < 1e-12, "%g and %g", accuracy(all, validation), together);
  MPI_EXPECT(test::same_on_all(ranks, test::checksum(all)), "%s", "ranks hold other bits");
}

/// Runs training once and prints its first step, its last step and a checksum of the network. If `until` is not 0, the
/// last rank's observer stops the training at that step.
void go(long long until) {
  data_parallel ranks{MPI_COMM_WORLD, {.timeout = 20}};
  digits_network net{seed{1}};
  const auto data = test::small_digits(400, seed{2});
  long long first = 0, last = 0;
  const history run = fit(net, data, optimizer, linear{}, options_of(ranks), [&](const event& e, auto&) {
    if (first == 0) first = e.step;
    last = e.step;
    return ranks.rank() != ranks.size() - 1 || e.step != until;
  });
  MPI_EXPECT(run.stopped == (until > 0), "%s", "an observer stops all ranks");
  MPI_EXPECT(ranks.largest(static_cast<double>(last)) == static_cast<double>(last), "%s", "ranks ended at other steps");
  MPI_EXPECT(test::same_on_all(ranks, test::checksum(net)), "%s", "ranks hold other bits");
  if (ranks.rank() == 0)
    std::printf("from %lld to %lld, %zu epochs, %08x\n", first, last, run.epochs.size(),
                static_cast<unsigned>(test::checksum(net)));
}

/// Lets the last rank call `what` at step 9. Checks that the other ranks end in time, with an error that contains
/// `text`.
template <class What>
void fail(What what, const char* text, bool this_one_too) {
  data_parallel ranks{MPI_COMM_WORLD, {.timeout = timeout}};
  const ending end = end_of(options_of(ranks), [&](const event& e) {
    if (e.step == 9 && !e.epoch_end && ranks.rank() == ranks.size() - 1) what();
  });
  if (this_one_too || ranks.rank() != ranks.size() - 1) {
    expect_text(end, text);
    MPI_EXPECT(end.seconds < timeout + 3, "%g s", end.seconds);
    if (ranks.rank() == 0) std::printf("after %.1f s: %s\n", end.seconds, end.text.c_str());
  }
  std::fflush(stdout);
}

void refusals() {
  data_parallel ranks{MPI_COMM_WORLD, {.timeout = 20}};
  const auto nothing = [](const event&) {};
  auto options = options_of(ranks);
  options.checkpoint = {};
  options.batch = ranks.size() - 1;
  expect_text(end_of(options, nothing), "images in each batch, one for every rank, found");
  options.batch = 50;
  expect_text(end_of(options, nothing), "expected ranks whose run has not failed, found a failed run");
  data_parallel again{MPI_COMM_WORLD, {.timeout = 20}};
  options.ranks = &again;
  options.batch = 4;
  options.epochs = 1 + again.rank();
  expect_text(end_of(options, nothing), "fit: expected the same epochs on all ranks, found different ones");
}

/// Makes the loss NaN on one rank. Checks that all ranks end with that rank's error.
void no_number() {
  data_parallel ranks{MPI_COMM_WORLD, {.timeout = 20}};
  auto options = options_of(ranks);
  options.checkpoint = {};
  int calls = 0;
  options.loss = [&](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
    const double loss = cross_entropy{}(z, labels, gradient);
    return ++calls == 3 && ranks.rank() == ranks.size() - 1 ? std::numeric_limits<double>::quiet_NaN() : loss;
  };
  const ending end = end_of(options, [](const event&) {});
  MPI_EXPECT(end.text == "fit: the loss is nan at step 3; the first layer with a NaN or an infinity is none", "%s",
             end.text.c_str());
  MPI_EXPECT(end.seconds < 3, "%g s", end.seconds);
}

/// Lets one rank exit without a message. Checks that the other ranks do not wait for it forever.
void leaves() {
  data_parallel ranks{MPI_COMM_WORLD, {.timeout = timeout}};
  if (ranks.rank() == ranks.size() - 1) return;
  auto options = options_of(ranks);
  options.checkpoint = {};
  expect_text(end_of(options, [](const event&) {}), silence);
}

/// Lets an exception destroy the data_parallel object of one rank. Checks that the other ranks are notified.
void unwinds() {
  const int others = [] {
    data_parallel all{MPI_COMM_WORLD};
    return all.size() - 1;
  }();
  try {
    data_parallel ranks{MPI_COMM_WORLD, {.timeout = 20}};
    if (ranks.rank() == others) throw error("no data here");
    auto options = options_of(ranks);
    options.checkpoint = {};
    const ending end = end_of(options, [](const event&) {});
    expect_text(end, ("found rank " + std::to_string(others) + " ended by an exception").c_str());
    MPI_EXPECT(end.seconds < 3, "%g s", end.seconds);
  } catch (const error& e) {
    MPI_EXPECT(std::string(e.what()) == "no data here", "%s", e.what());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return std::fprintf(stderr, "usage: runs CASE [CHECKPOINT]\n"), 2;
  name = arguments[1];
  if (count > 2) checkpoint = arguments[2];
  return test::run(count, arguments, [] {
    set_threads(1);
    if (name == "accuracy") accuracy_of(false), accuracy_of(true);
    else if (name == "go") go(0);
    else if (name == "stop") go(17);
    else if (name == "throws") fail([] { throw error("a rank's own error"); }, "a rank's own error", true);
    else if (name == "unwinds") unwinds();
    else if (name == "silent") fail([] { std::raise(SIGSTOP); }, silence, false), MPI_Abort(MPI_COMM_WORLD, 4);
    else if (name == "killed") fail([] { std::raise(SIGKILL); }, silence, false), MPI_Abort(MPI_COMM_WORLD, 4);
    else if (name == "refuses") refusals();
    else if (name == "nan") no_number();
    else if (name == "leaves") leaves();
    else MPI_EXPECT(false, "no case %s", name.c_str());
  });
}
