#include <minnow/fit/checkpoint.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/estimate/local_reparameterization.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/quantize/methods/lsq.hpp>
#include <minnow/quantize/methods/pact.hpp>
#include <minnow/schedule/cubic.hpp>

#include "files/damaged_files.hpp"
#include "random_numbers.hpp"
#include "small_runs.hpp"

using namespace minnow;
using data_files::folder;

namespace {

/// A network with all kinds of state. Its weight quantizers have no state, a measured state or a learned state. Its
/// input quantizers have states, too. It also has batch norm statistics and, in `learner`, noise.
struct with_states
    : model<image<1, 6, 6>, conv<4, scheme<pixels, ternary<mean_threshold<>>>>, batch_norm, relu,
            conv<5, scheme<integer<4>, integer<4, per_channel>>>, batch_norm, relu,
            conv<4, scheme<pact<4>, lsq<3, per_channel>>>, batch_norm, dense<3, minw<2, 1>>, batch_norm> {};
using learner = network<with_states, alpha_blend, aqe_stochastic>;

constexpr int noise_images = 50, noise_batch = 8, noise_steps = 7;  // noise_steps: steps per epoch

dataset<std::uint8_t> noise(int count) {
  const auto values = test::random_bytes(36 * count, 5);
  std::vector<int> labels;
  for (int n = 0; n < count; ++n) labels.push_back(values[static_cast<std::size_t>(36 * n)] % 3);
  return {{6, 6, 1}, values, labels};
}
const dataset<std::uint8_t>& training_noise() {
  static const auto data = noise(noise_images);
  return data;
}
const dataset<std::uint8_t>& validation_noise() {
  static const auto data = noise(20);
  return data;
}

fit_options<std::uint8_t> three_epochs() {
  return {.epochs = 3,
          .batch = noise_batch,
          .validation = &validation_noise(),
          .seed = seed{3},
          .augmentation = {.crop = 1, .flip = true},
          .augment = [](std::span<std::uint8_t> image, shape,
                        minnow::random& r) { image[static_cast<std::size_t>(r.below(36))] = 255; },
          .batch_norm_batches = 2};
}

struct killed {};

/// A network of random weights, whose outputs are drawn in training.
struct with_logits : model<image<1, 6, 6>, conv<4, scheme<pixels, ternary<>>>, batch_norm, relu,
                           dense<3, scheme<real, sign>>, batch_norm> {};

/// Trains a network of random weights, and aborts the run after step `last`. Returns all its numbers.
std::vector<float> train_logits(const fit_options<std::uint8_t>& options, long long last = 1000) {
  using random_weights = network<with_logits, local_reparameterization<1, 1000>>;
  random_weights net{seed{1}};
  (void)fit(net, training_noise(), adam{.rate = 0.1f}, cubic{}, options, [&](const event& e, random_weights& seen) {
    if (e.step == last && !e.epoch_end) throw killed{};
    if (e.step % 5 == 0) (void)accuracy(seen, validation_noise());
  });
  return test::arrays(net);
}

/// The results of a run: every number of the network, and the run's history without the durations.
struct trace_of_run {
  std::vector<float> numbers{};
  std::vector<double> epochs{};
  long long first_step = 0;
  friend bool operator==(const trace_of_run& a, const trace_of_run& b) {
    return a.numbers.size() == b.numbers.size() &&
           std::memcmp(a.numbers.data(), b.numbers.data(), a.numbers.size() * sizeof(float)) == 0 &&
           a.epochs == b.epochs;
  }
};

/// Trains, measures the accuracy during epochs, and aborts the run after step `last`.
template <class Optimizer>
trace_of_run train(const fit_options<std::uint8_t>& options, const Optimizer& o, long long last = 1000) {
  learner net{seed{1}};
  trace_of_run result;
  const history h = fit(net, training_noise(), o, cubic{}, options, [&](const event& e, learner& seen) {
    if (result.first_step == 0) result.first_step = e.step;
    if (e.step == last && !e.epoch_end) throw killed{};
    if (e.step % 5 == 0) (void)accuracy(seen, validation_noise());
  });
  result.numbers = test::arrays(net);
  for (const event& e : h.epochs)
    for (const double number : {static_cast<double>(e.step), e.loss, e.accuracy, e.validation_accuracy_blended,
                                e.validation_accuracy, static_cast<double>(e.alpha), static_cast<double>(e.rate)})
      result.epochs.push_back(number);
  return result;
}

/// Returns the text of the error that a run throws, without the folder.
template <class Optimizer = adam>
std::string refusal_of(const folder& where, const fit_options<std::uint8_t>& options,
                       const Optimizer& o = {.rate = 1e-2f}) {
  try {
    (void)train(options, o);
  } catch (const error& e) {
    return data_files::sentence(status::failure("%s", e.what()), where);
  }
  return "no error";
}

}  // namespace

TEST_SUITE("fit/checkpoint") {
  TEST_CASE("a run that was broken off at any step goes on to the same bits, and keeping checkpoints changes none") {
    struct {
      long long every;
      int quantize_every, alpha_every;
    } const ways[] = {{1, 1, 1}, {4, 1, 3}, {0, 1, 1}, {2, 3, 2}, {0, 7, 5}};
    for (const auto& way : ways) {
      CAPTURE(way.every);
      CAPTURE(way.quantize_every);
      auto options = three_epochs();
      options.quantize_every = way.quantize_every;
      options.alpha_every = way.alpha_every;
      const adam o{.rate = 1e-2f, .decay = cosine_rate{}};
      const trace_of_run whole = train(options, o);
      for (const long long last : {1, 4, 6, 7, 8, 13, 14, 15, 20}) {
        CAPTURE(last);
        const folder where;
        options.checkpoint = {.path = where.path("run"), .every = way.every, .resume = true};
        CHECK_THROWS_AS(train(options, o, last), killed);
        const trace_of_run rest = train(options, o);
        CHECK(rest == whole);
        const long long period = way.every == 0 ? noise_steps : way.every;
        if (last >= period + way.quantize_every) CHECK(rest.first_step > 1);
        CHECK(rest.first_step <= last + 1);
        // Resuming a finished run returns the same result.
        CHECK(train(options, o) == whole);
      }
      options.checkpoint = {};
    }
  }

  TEST_CASE("with momentum, broken off again and again") {
    const folder where;
    auto options = three_epochs();
    const sgd o{.rate = 0.05f, .momentum = 0.9f, .weight_decay = 1e-3f};
    const trace_of_run whole = train(options, o);
    options.checkpoint = {.path = where.path("run"), .every = 2, .resume = true};
    for (const long long last : {3, 5, 8, 8, 9, 12, 17}) CHECK_THROWS_AS(train(options, o, last), killed);
    CHECK(train(options, o) == whole);
  }

  TEST_CASE("a run with random weights goes on to the same bits") {
    for (const int quantize_every : {1, 3}) {
      auto options = three_epochs();
      options.quantize_every = quantize_every;
      const std::vector<float> whole = train_logits(options);
      for (const long long last : {4, 9, 15}) {
        const folder where;
        options.checkpoint = {.path = where.path("run"), .every = 2, .resume = true};
        CHECK_THROWS_AS(train_logits(options, last), killed);
        const std::vector<float> rest = train_logits(options);
        CHECK(std::memcmp(rest.data(), whole.data(), whole.size() * sizeof(float)) == 0);
        options.checkpoint = {};
      }
    }
  }

  TEST_CASE("a file that is there already is never overwritten unasked") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint.path = where.path("run");
    const adam o{.rate = 1e-2f};
    CHECK_THROWS_AS(train(options, o, 9), killed);
    const std::string before = data_files::content<std::string>(where.path("run"));
    CHECK(refusal_of(where, options) ==
          "run: expected no file, found one: set .resume = true to continue from it, or remove it");
    CHECK(data_files::content<std::string>(where.path("run")) == before);
  }

  TEST_CASE("another run's file is refused by what differs, a damaged one as such, and neither changes anything") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 1, .resume = true};
    const adam o{.rate = 1e-2f};
    CHECK_THROWS_AS(train(options, o, 9), killed);
    const std::string sound = data_files::content<std::string>(where.path("run"));

    auto other = options;
    other.batch = 9;
    CHECK(refusal_of(where, other) ==
          "run: expected a checkpoint of this run, with batch 9; found another run's, with 8");
    other = options;
    other.epochs = 4;
    CHECK(refusal_of(where, other) ==
          "run: expected a checkpoint of this run, with epochs 4; found another run's, with 3");
    other = options;
    other.seed = seed{4};
    CHECK(refusal_of(where, other) ==
          "run: expected a checkpoint of this run, with seed 4; found another run's, with 3");
    other = options;
    other.augment = {};
    CHECK(refusal_of(where, other) ==
          "run: expected a checkpoint of this run, with augment 0; found another run's, with 1");
    struct other_classes : model<image<1, 6, 6>, conv<4, scheme<pixels, ternary<mean_threshold<>>>>, batch_norm, relu,
                                 conv<6, scheme<integer<4>, integer<4, per_channel>>>, dense<3>> {};
    network<other_classes> net{seed{1}};
    CHECK_THROWS_WITH_AS((void)fit(net, training_noise(), o, cubic{}, options),
                         doctest::Contains("found another model's, "), error);
    CHECK_THROWS_WITH_AS(
        (void)fit(net, training_noise(), o, cubic{}, options),
        doctest::Contains("; the first layer of another size is 3: expected 864 bytes of 'weights', found 720"), error);
    CHECK(refusal_of(where, options, sgd{})
              .starts_with("run: expected a checkpoint of this run, with moments of the optimizer 1; found another "
                           "run's, with 2"));
    CHECK(data_files::content<std::string>(where.path("run")) == sound);

    const auto with = [&](std::string bytes) {
      std::ofstream(where.path("run"), std::ios::binary) << bytes;
      return refusal_of(where, options);
    };
    CHECK(with("").starts_with("run: truncated: expected "));
    CHECK(with("not a checkpoint, surely not one").starts_with("run: expected a minnow file"));
    for (const std::size_t length :
         {std::size_t{7}, std::size_t{63}, std::size_t{64}, std::size_t{200}, sound.size() - 1})
      CHECK(with(sound.substr(0, length)).starts_with("run: truncated"));
    for (std::size_t at = 0; at < sound.size(); at += at < 600 ? 1 : 97) {
      CAPTURE(at);
      std::string bytes = sound;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
      CHECK(with(bytes).starts_with("run: "));
    }
    // Change the lengths of sections, and repair the checksum each time.
    for (std::size_t at = 64; at < 64 + 8 * 12; ++at) {
      CAPTURE(at);
      data_files::bytes bytes(sound.begin(), sound.end());
      bytes[at] ^= 0x10;
      data_files::repair_checksum(bytes);
      CHECK(with(std::string(bytes.begin(), bytes.end())).starts_with("run: expected "));
    }
    // The step is the first number of the second section. The first section contains the facts that identify the run.
    for (const double step : {-1.0, 22.0, 1e300, std::nan("")}) {
      data_files::bytes bytes(sound.begin(), sound.end());
      std::uint32_t sections = 0, of_facts = 0;
      std::memcpy(&sections, bytes.data() + 32, 4);
      std::memcpy(&of_facts, bytes.data() + 64, 4);
      const std::size_t facts = (64 + 8 * sections + 63) / 64 * 64, position = (facts + of_facts + 63) / 64 * 64;
      std::memcpy(bytes.data() + position, &step, sizeof step);
      data_files::repair_checksum(bytes);
      CHECK(with(std::string(bytes.begin(), bytes.end()))
                .starts_with("run: expected a run at step 0 to 21, found step "));
    }
    std::ofstream(where.path("run"), std::ios::binary) << sound;
    CHECK(train(options, o) == train(three_epochs(), o));
  }

  TEST_CASE("of two runs at the same file the second is refused, and the first goes on") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 3, .resume = true};
    const adam o{.rate = 1e-2f};
    const auto numbers = [](learner& of) {
      std::vector<float> result;
      of.arrays([&](std::string_view, std::string_view, std::span<float> v) {
        result.insert(result.end(), v.begin(), v.end());
      });
      return result;
    };
    learner alone{seed{1}}, net{seed{1}};
    fit(alone, training_noise(), o, cubic{}, three_epochs());
    std::string second;
    fit(net, training_noise(), o, cubic{}, options, [&](const event& e, learner&) {
      if (e.step == 10 && !e.epoch_end) second = refusal_of(where, options);
    });
    CHECK(second == "run: expected no other writer, found one (it holds run.lock)");
    CHECK(numbers(net) == numbers(alone));
  }

  TEST_CASE(
      "a full disk ends the run with an error; the checkpoint before it is whole, and the run goes on from there") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 3, .resume = true};
    const adam o{.rate = 1e-2f};
    const trace_of_run whole = train(three_epochs(), o);
    CHECK_THROWS_AS(train(options, o, 9), killed);
    const std::string before = data_files::content<std::string>(where.path("run"));

    // A limit on the file's length simulates a full disk: the system refuses the last bytes.
    ::rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit small{before.size() - 100, old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string said = refusal_of(where, options);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    std::signal(SIGXFSZ, handler);

    CHECK(said == "run: could not be written (File too large)");
    CHECK(data_files::content<std::string>(where.path("run")) == before);
    CHECK(std::distance(std::filesystem::directory_iterator(where.path()), {}) == 2);  // the checkpoint and its lock
    CHECK(train(options, o) == whole);
  }

  TEST_CASE("what an observer has stopped leaves the last checkpoint") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 2};
    learner net{seed{1}};
    const history h = fit(net, training_noise(), adam{.rate = 1e-2f}, cubic{}, options,
                          [](const event& e, learner&) { return e.step < 9; });
    CHECK(h.stopped);
    options.checkpoint.resume = true;
    const trace_of_run rest = train(options, adam{.rate = 1e-2f});
    CHECK(rest.first_step == 9);
    CHECK(rest == train(three_epochs(), adam{.rate = 1e-2f}));
  }

  TEST_CASE(
      "numbers that no run comes to are refused by what they are, though the checksum is right, and change nothing") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 1, .resume = true};
    const adam o{.rate = 1e-2f};
    CHECK_THROWS_AS(train(options, o, 10), killed);
    const auto sound = data_files::content(where.path("run"));
    std::uint32_t sections = 0;
    std::memcpy(&sections, sound.data() + 32, 4);
    std::vector<std::size_t> begin;
    std::size_t at = 64 + 8 * std::size_t{sections};
    for (std::uint32_t s = 0; s < sections; ++s) {
      begin.push_back(at = (at + 63) / 64 * 64);
      std::uint64_t length = 0;
      std::memcpy(&length, sound.data() + 64 + 8 * s, 8);
      at += static_cast<std::size_t>(length);
    }
    const auto with = [&](std::size_t place, auto value) {
      data_files::bytes file = sound;
      std::memcpy(file.data() + place, &value, sizeof value);
      data_files::repair_checksum(file);
      where.write("run", file);
      return refusal_of(where, options);
    };
    // The run's position: the step (9), alpha, the learning rate, and this epoch's sum of losses, number of correct
    // images and number of seen images. One epoch of 7 steps is finished.
    const auto position = [&](std::size_t number, double value) { return with(begin[1] + 8 * number, value); };
    CHECK_EQ(position(0, 1e12), "run: expected a run at step 0 to 21, found step 1e+12");
    CHECK_EQ(position(0, 9.5), "run: expected a run at step 0 to 21, found step 9.5");
    CHECK_EQ(position(0, 15), "run: expected 2 finished epochs at step 15 (7 steps an epoch), found 1");
    CHECK_EQ(position(0, 3), "run: expected 0 finished epochs at step 3 (7 steps an epoch), found 1");
    CHECK_EQ(position(0, 10), "run: expected a count of images seen that fits a run at step 10, found 16");
    CHECK_EQ(position(1, NAN), "run: expected an alpha that fits a run at step 9, found nan");
    CHECK_EQ(position(1, 1.5), "run: expected an alpha that fits a run at step 9, found 1.5");
    CHECK_EQ(position(2, INFINITY), "run: expected a learning rate that fits a run at step 9, found inf");
    CHECK_EQ(position(2, 1e300), "run: expected a learning rate that fits a run at step 9, found 1e+300");
    CHECK_EQ(position(3, NAN), "run: expected a sum of losses that fits a run at step 9, found nan");
    CHECK_EQ(position(4, 17), "run: expected a count of correct images that fits a run at step 9, found 17");
    CHECK_EQ(position(4, -1), "run: expected a count of correct images that fits a run at step 9, found -1");
    CHECK_EQ(position(5, 1e12), "run: expected a count of images seen that fits a run at step 9, found 1e+12");
    const auto epoch = [&](std::size_t number, double value) { return with(begin[2] + 8 * number, value); };
    const char* const names[] = {"its number",  "its last step",      "a loss",
                                 "an accuracy", "a blended accuracy", "a quantized accuracy",
                                 "an alpha",    "a learning rate",    "seconds"};
    for (std::size_t i = 0; i < 9; ++i)
      for (const double value : {static_cast<double>(NAN), static_cast<double>(INFINITY), -1e300}) {
        if (i == 2 && value == -1e300) continue;  // a loss may be any finite number
        CHECK(epoch(i, value).starts_with("run: expected " + std::string(names[i]) + " that fits epoch 1, found "));
      }
    CHECK_EQ(epoch(0, 1e12), "run: expected its number that fits epoch 1, found 1e+12");
    CHECK_EQ(epoch(1, 8), "run: expected its last step that fits epoch 1, found 8");
    CHECK_EQ(epoch(3, 1.5), "run: expected an accuracy that fits epoch 1, found 1.5");
    // In the file, the network's arrays follow, and then the optimizer's moments.
    learner net{seed{1}};
    std::size_t section = 5;
    net.checkpoint_arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
      if (!values.empty()) {
        const std::string said = with(begin.at(section), NAN);
        CHECK(said.starts_with("run: layer " + std::string(path) + ": expected "));
        CHECK(said.ends_with(" in '" + std::string(name) + "', found nan at index 0"));
      }
      ++section;
    });
    net.parameters([&](std::string_view path, const parameter& p) {
      const std::string of = "run: layer " + std::string(path) + ": expected ",
                        end = " in 'moments of " + std::string(p.name) + "', found ";
      CHECK_EQ(with(begin.at(section), INFINITY), of + "finite numbers" + end + "inf at index 0");
      // Adam's second moments are means of squares, so they cannot be negative.
      CHECK_EQ(with(begin.at(section) + 4 * p.value.size(), -1.0f),
               of + "numbers of at least 0" + end + "-1 at index 0");
      CHECK(with(begin.at(section) + 8 * p.value.size() - 4, NAN).starts_with(of + "numbers of at least 0" + end));
      ++section;
    });
    CHECK(section == sections);
    CHECK(with(begin[4], 0.0f).find("expected numbers above 0 in 'stddev', found 0 at index 0") != std::string::npos);
    where.write("run", sound);
    CHECK(train(options, o) == train(three_epochs(), o));
  }

  TEST_CASE("a checkpoint that is a link is written through, and locked as what it leads to") {
    const folder where;
    std::filesystem::create_directory(where.path("disk"));
    std::filesystem::create_symlink("disk/run", where.path("run"));
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 2, .resume = true};
    const adam o{.rate = 1e-2f};
    CHECK_THROWS_AS(train(options, o, 9), killed);
    CHECK(std::filesystem::is_symlink(where.path("run")));
    CHECK(std::filesystem::exists(where.path("disk/run.lock")));
    const trace_of_run rest = train(options, o);
    CHECK(rest.first_step > 1);
    CHECK(rest == train(three_epochs(), o));
  }

  TEST_CASE("what a killed run left beside its checkpoint is removed when the next one begins") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 100, .resume = true};
    where.write("run.0123456789abcdef.part", std::string("half a checkpoint"));
    CHECK_THROWS_AS(train(options, adam{.rate = 1e-2f}, 1), killed);
    CHECK(!std::filesystem::exists(where.path("run.0123456789abcdef.part")));
  }
}
