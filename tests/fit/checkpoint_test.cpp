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
#include <minnow/fit/fit.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/quantize/lsq.hpp>
#include <minnow/quantize/pact.hpp>
#include <minnow/schedule/cubic.hpp>

#include "io/damaged_files.hpp"
#include "single_layer.hpp"

using namespace minnow;
using data_files::folder;

namespace {

/// Weights with and without states, measured and learned ones, inputs with states, noise, statistics.
struct with_states : model<image<1, 6, 6>, conv<4, scheme<pixels, ternary<mean_threshold<>>>>, batch_norm, relu,
                           conv<5, scheme<integer<4>, integer<4, per_channel>>>, batch_norm, relu, conv<4, scheme<pact<4>, lsq<3, per_channel>>>,
                           batch_norm, dense<3, minw<2, 1>>, batch_norm> {};
using learner = network<with_states, alpha_blend, aqe_stochastic>;

constexpr int noise_images = 50, noise_batch = 8, noise_steps = 7;  // in an epoch

dataset<std::uint8_t> noise(int count) {
  minnow::random r(seed{5});
  std::vector<std::uint8_t> values(static_cast<std::size_t>(36 * count));
  for (auto& v : values) v = static_cast<std::uint8_t>(r.below(256));
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
  return {.epochs = 3, .batch = noise_batch, .validation = &validation_noise(), .seed = seed{3}, .augmentation = {.crop = 1, .flip = true},
          .augment = [](std::span<std::uint8_t> image, shape, minnow::random& r) { image[static_cast<std::size_t>(r.below(36))] = 255; },
          .settle_batches = 2};
}

struct killed {};

/// What a run leaves: every number of the network, and of its history all but the seconds.
struct trace_of_run {
  std::vector<float> numbers{};
  std::vector<double> epochs{};
  long long first_step = 0;
  friend bool operator==(const trace_of_run& a, const trace_of_run& b) {
    return a.numbers.size() == b.numbers.size() && std::memcmp(a.numbers.data(), b.numbers.data(), a.numbers.size() * sizeof(float)) == 0 &&
           a.epochs == b.epochs;
  }
};

/// Trains, measures in the middle of epochs, and breaks off behind step `last`.
template <class Optimizer>
trace_of_run train(const fit_options<std::uint8_t>& options, const Optimizer& o, long long last = 1000) {
  learner net{seed{1}};
  trace_of_run result;
  const history h = fit(net, training_noise(), o, cubic{}, options, [&](const event& e, learner& seen) {
    if (result.first_step == 0) result.first_step = e.step;
    if (e.step == last && !e.epoch_end) throw killed{};
    if (e.step % 5 == 0) (void)accuracy(seen, validation_noise());
  });
  net.arrays([&](std::string_view, std::string_view, std::span<float> v) { result.numbers.insert(result.numbers.end(), v.begin(), v.end()); });
  for (const event& e : h.epochs)
    for (const double number : {static_cast<double>(e.step), e.loss, e.accuracy, e.blended, e.quantized, static_cast<double>(e.alpha), static_cast<double>(e.rate)})
      result.epochs.push_back(number);
  return result;
}

std::string content(const std::string& path) {
  const auto bytes = data_files::content(path);
  return {bytes.begin(), bytes.end()};
}

/// The sentence of the error that a run throws, without the folder.
template <class Optimizer = adam>
std::string refusal_of(const folder& where, const fit_options<std::uint8_t>& options, const Optimizer& o = {.rate = 1e-2f}) {
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
        // A run that is over goes on to its end.
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

  TEST_CASE("a file that is there already is never overwritten unasked") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint.path = where.path("run");
    const adam o{.rate = 1e-2f};
    CHECK_THROWS_AS(train(options, o, 9), killed);
    const std::string before = content(where.path("run"));
    CHECK(refusal_of(where, options) == "run: expected no file, found one: say .resume = true to go on from it, or remove it");
    CHECK(content(where.path("run")) == before);
  }

  TEST_CASE("another run's file is refused by what differs, a damaged one as such, and neither changes anything") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 1, .resume = true};
    const adam o{.rate = 1e-2f};
    CHECK_THROWS_AS(train(options, o, 9), killed);
    const std::string sound = content(where.path("run"));

    auto other = options;
    other.batch = 9;
    CHECK(refusal_of(where, other) == "run: expected a checkpoint of this run, with batch 9; found another's, with 8");
    other = options;
    other.epochs = 4;
    CHECK(refusal_of(where, other) == "run: expected a checkpoint of this run, with epochs 4; found another's, with 3");
    other = options;
    other.seed = seed{4};
    CHECK(refusal_of(where, other) == "run: expected a checkpoint of this run, with seed 4; found another's, with 3");
    other = options;
    other.augment = {};
    CHECK(refusal_of(where, other) == "run: expected a checkpoint of this run, with augment 0; found another's, with 1");
    struct other_classes : model<image<1, 6, 6>, conv<4, scheme<pixels, ternary<mean_threshold<>>>>, batch_norm, relu,
                                 conv<6, scheme<integer<4>, integer<4, per_channel>>>, dense<3>> {};
    network<other_classes> net{seed{1}};
    CHECK_THROWS_WITH_AS((void)fit(net, training_noise(), o, cubic{}, options),
                         doctest::Contains("found another model's, "), error);
    CHECK_THROWS_WITH_AS((void)fit(net, training_noise(), o, cubic{}, options),
                         doctest::Contains("; the first layer of another size is 3: expected 864 bytes of 'weights', found 720"), error);
    CHECK(refusal_of(where, options, sgd{}).starts_with("run: expected a checkpoint of this run, with moments of the optimizer 1; found another's, with 2"));
    CHECK(content(where.path("run")) == sound);

    const auto with = [&](std::string bytes) {
      std::ofstream(where.path("run"), std::ios::binary) << bytes;
      return refusal_of(where, options);
    };
    CHECK(with("").starts_with("run: truncated: expected "));
    CHECK(with("not a checkpoint, surely not one").starts_with("run: expected a minnow file"));
    for (const std::size_t length : {std::size_t{7}, std::size_t{63}, std::size_t{64}, std::size_t{200}, sound.size() - 1})
      CHECK(with(sound.substr(0, length)).starts_with("run: truncated"));
    for (std::size_t at = 0; at < sound.size(); at += at < 600 ? 1 : 97) {
      CAPTURE(at);
      std::string bytes = sound;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
      CHECK(with(bytes).starts_with("run: "));
    }
    // Lengths of sections that are not this run's, though the checksum is right.
    for (std::size_t at = 64; at < 64 + 8 * 12; ++at) {
      CAPTURE(at);
      data_files::bytes bytes(sound.begin(), sound.end());
      bytes[at] ^= 0x10;
      data_files::repair_checksum(bytes);
      CHECK(with(std::string(bytes.begin(), bytes.end())).starts_with("run: expected "));
    }
    // The step is the first number of the second section, behind the facts.
    for (const double step : {-1.0, 22.0, 1e300, std::nan("")}) {
      data_files::bytes bytes(sound.begin(), sound.end());
      std::uint32_t sections = 0, of_facts = 0;
      std::memcpy(&sections, bytes.data() + 32, 4);
      std::memcpy(&of_facts, bytes.data() + 64, 4);
      const std::size_t facts = (64 + 8 * sections + 63) / 64 * 64, position = (facts + of_facts + 63) / 64 * 64;
      std::memcpy(bytes.data() + position, &step, sizeof step);
      data_files::repair_checksum(bytes);
      CHECK(with(std::string(bytes.begin(), bytes.end())).starts_with("run: expected a run at step 0 to 21, found step "));
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
      of.arrays([&](std::string_view, std::string_view, std::span<float> v) { result.insert(result.end(), v.begin(), v.end()); });
      return result;
    };
    learner alone{seed{1}}, net{seed{1}};
    fit(alone, training_noise(), o, cubic{}, three_epochs());
    std::string second;
    fit(net, training_noise(), o, cubic{}, options, [&](const event& e, learner&) {
      if (e.step == 10 && !e.epoch_end) second = refusal_of(where, options);
    });
    CHECK(second == "run: expected to be its only writer, found another one at work (it holds run.lock)");
    CHECK(numbers(net) == numbers(alone));
  }

  TEST_CASE("a full disk ends the run with an error; the checkpoint before it is whole, and the run goes on from there") {
    const folder where;
    auto options = three_epochs();
    options.checkpoint = {.path = where.path("run"), .every = 3, .resume = true};
    const adam o{.rate = 1e-2f};
    const trace_of_run whole = train(three_epochs(), o);
    CHECK_THROWS_AS(train(options, o, 9), killed);
    const std::string before = content(where.path("run"));

    // The quota of a file's length stands in for a disk: the system refuses the last bytes.
    ::rlimit old{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit small{before.size() - 100, old.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string said = refusal_of(where, options);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
    std::signal(SIGXFSZ, handler);

    CHECK(said == "run: could not be written (File too large)");
    CHECK(content(where.path("run")) == before);
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
}
