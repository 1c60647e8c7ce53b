// Runs with the options that train better networks: a teacher, label smoothing, mixtures, weights, warm-up, clipping of
// gradients, an average of the weights, Bop. A run that is resumed, and a run on any number of threads, must give the
// same bits.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/quantize/methods/lsq.hpp>
#include <minnow/schedule/cubic.hpp>
#include <minnow/train/evaluate.hpp>

#include "random_numbers.hpp"
#include "small_runs.hpp"
#include "system/data_files.hpp"

using namespace minnow;
using data_files::folder;

namespace {

/// Binary weights, weights with a measured scale, and weights with a learned scale.
struct recipe_model
    : model<image<1, 6, 6>, conv<4, scheme<pixels, sign>>, batch_norm, relu,
            conv<5, scheme<integer<4>, integer<4, per_channel>>>, batch_norm, relu,
            conv<4, scheme<integer<4>, lsq<3, per_channel>>>, batch_norm, dense<3, minw<2, 1>>, batch_norm> {};
struct recipe_teacher : model<image<1, 6, 6>, conv<6, real>, relu, dense<3, real>> {};

constexpr int recipe_images = 45, recipe_batch = 8;  // 6 steps per epoch

const dataset<std::uint8_t>& recipe_data() {
  static const auto data = [] {
    const auto values = test::random_bytes(36 * recipe_images, 5);
    std::vector<int> labels;
    for (std::size_t n = 0; n < recipe_images; ++n) labels.push_back(values[36 * n] % 3);
    return dataset<std::uint8_t>{{6, 6, 1}, values, labels};
  }();
  return data;
}

struct broken_off {};

/// Trains for three epochs, and aborts the run after step `last`. Returns the numbers of the network and of the history.
template <class Estimator = alpha_blend, class Optimizer>
std::vector<float> run_recipe(const fit_options<std::uint8_t>& options, const Optimizer& o, long long last = 1000) {
  network<recipe_model, Estimator> net{seed{1}};
  const history h = fit(net, recipe_data(), o, cubic{}, options, [&](const event& e, auto&) {
    if (e.step == last && !e.epoch_end) throw broken_off{};
  });
  auto result = test::arrays(net);
  for (const event& e : h.epochs)
    for (const double number :
         {e.loss, e.accuracy, e.validation_accuracy_blended, e.validation_accuracy, static_cast<double>(e.rate)})
      result.push_back(static_cast<float>(number));
  CHECK_NOTHROW((void)pack(net));
  return result;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

fit_options<std::uint8_t> recipe_options() {
  return {.epochs = 3, .batch = recipe_batch, .validation = &recipe_data(), .seed = seed{3}, .batch_norm_batches = 2};
}

/// Checks that a run is independent of threads and interruptions, and that `options` change it.
template <class Estimator = alpha_blend, class Optimizer>
void check_recipe(fit_options<std::uint8_t> options, const Optimizer& o) {
  set_threads(1);
  const auto whole = run_recipe<Estimator>(options, o);
  set_threads(3);
  CHECK(same_bits(run_recipe<Estimator>(options, o), whole));
  set_threads(2);
  CHECK(!same_bits(run_recipe<Estimator>(recipe_options(), adam{.rate = 1e-2f}), whole));
  const folder where;
  for (const long long last : {1, 7, 12, 17}) {
    CAPTURE(last);
    options.checkpoint = {.path = where.path(std::to_string(last)), .every = 2, .resume = true};
    CHECK_THROWS_AS(run_recipe<Estimator>(options, o, last), broken_off);
    CHECK(same_bits(run_recipe<Estimator>(options, o), whole));
    CHECK(same_bits(run_recipe<Estimator>(options, o), whole));  // resumes after the last step
  }
  set_threads(0);
  // A checkpoint belongs to the options that wrote it.
  fit_options<std::uint8_t> others = recipe_options();
  others.checkpoint = options.checkpoint;
  if (same_bits(run_recipe<Estimator>(recipe_options(), o), whole)) return;  // only the optimizer differs
  CHECK_THROWS_WITH_AS(run_recipe<Estimator>(others, o), doctest::Contains("expected a checkpoint of this run, with"),
                       error);
}

}  // namespace

TEST_SUITE("fit/recipe") {
  TEST_CASE("a teacher, label smoothing and weights") {
    network<recipe_teacher> large{seed{8}};
    const auto z = logits(large, recipe_data());
    const auto weights = test::uniform(recipe_images, 3, 0, 2);
    auto options = recipe_options();
    options.teacher = {.network = &large, .temperature = 2};
    check_recipe(options, adam{.rate = 1e-2f});
    options.teacher = {.logits = z, .temperature = 2, .weight = 0.5f};
    options.loss = cross_entropy{.smoothing = 0.1f};
    options.weights = {.classes = {1, 2, 0.5f}, .images = weights};
    check_recipe(options, adam{.rate = 1e-2f});
  }

  TEST_CASE("mixup and cutout") {
    auto options = recipe_options();
    options.augmentation = {.crop = 1, .flip = true, .cutout = 2, .mixup = 0.4f};
    check_recipe(options, adam{.rate = 1e-2f});
  }

  TEST_CASE("a warm-up") {
    auto options = recipe_options();
    options.clip_gradients = {.norm = 100};
    check_recipe(options,
                 sgd{.rate = 0.1f, .momentum = 0.9f, .decay = warm_up{.over = steps{5}, .then = cosine_rate{}}});
  }

  TEST_CASE("limits of gradients") {
    auto options = recipe_options();
    options.clip_gradients = {.norm = 0.05f, .value = 0.01f};
    check_recipe(options, adam{.rate = 1e-2f});
  }

  TEST_CASE("an average of the weights, also with codes that are kept for several steps") {
    auto options = recipe_options();
    options.average = {.decay = 0.9f};
    check_recipe(options, adam{.rate = 1e-2f});
    options.quantize_every = 4;
    check_recipe(options, adam{.rate = 1e-2f});
  }

  TEST_CASE("bop") { check_recipe<ste>(recipe_options(), bop{.threshold = 1e-5f, .gamma = 0.05f, .rate = 1e-2f}); }

  TEST_CASE("everything together") {
    network<recipe_teacher> large{seed{8}};
    auto options = recipe_options();
    options.teacher = {.network = &large, .temperature = 2};
    options.loss = cross_entropy{.smoothing = 0.1f};
    options.augmentation = {.cutout = 2, .mixup = 0.4f};
    options.clip_gradients = {.norm = 0.5f};
    options.average = {.decay = 0.9f};
    check_recipe<ste>(options, bop{.threshold = 1e-5f, .gamma = 0.05f, .rate = 1e-2f, .decay = warm_up{}});
  }

  TEST_CASE("the average does not change the training; the end, validation_accuracy and the observer get the average") {
    using trained = network<recipe_model, alpha_blend>;
    auto options = recipe_options();
    std::vector<float> last_step, plain_step;
    double measured = -1;
    std::vector<float> at_end;
    const auto run = [&](std::vector<float>& of_last_step) {
      trained net{seed{1}};
      const history h =
          fit(net, recipe_data(), adam{.rate = 1e-2f}, cubic{}, options, [&](const event& e, trained& seen) {
            if (e.step != e.steps) return;
            std::vector<float> values;
            seen.parameters([&](std::string_view, const parameter& p) {
              values.insert(values.end(), p.value.begin(), p.value.end());
            });
            (e.epoch_end ? at_end : of_last_step) = values;
            if (e.epoch_end) measured = accuracy(seen, recipe_data());
          });
      std::vector<float> values;
      net.parameters(
          [&](std::string_view, const parameter& p) { values.insert(values.end(), p.value.begin(), p.value.end()); });
      CHECK(values == at_end);
      if (options.average.decay == 0) return;
      CHECK(h.epochs.back().validation_accuracy == measured);
      CHECK(accuracy(net, recipe_data()) == measured);
      CHECK(accuracy(pack(net), recipe_data()) == measured);
    };
    run(plain_step);
    CHECK(at_end == plain_step);
    options.average = {.decay = 0.8f};
    run(last_step);
    CHECK(last_step == plain_step);
    CHECK(at_end != plain_step);
  }
}
