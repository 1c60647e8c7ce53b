// Tests invalid numbers in a run's arguments and results, and exceptions that the user's functions throw.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <minnow/core/parallel.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/calibrate.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/schedule/cubic.hpp>
#include <minnow/schedule/exponential.hpp>
#include <minnow/schedule/linear.hpp>

#include "small_digits.hpp"
#include "small_runs.hpp"

// This namespace has a name because several files of a folder may be compiled as one.
namespace fit_numbers {

using namespace minnow;
using minnow::test::arrays;
using minnow::test::numbers;
using minnow::test::small_digits;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr int most = std::numeric_limits<int>::max();

struct small : model<features<6>, dense<9, scheme<real, sign>>, batch_norm, dense<3, minw<1, 1>>, batch_norm> {};
struct small_real : model<features<6>, dense<9>, batch_norm, relu, dense<3>> {};
struct plain_real : model<features<6>, dense<9>, relu, dense<3>> {};
struct small_conv : model<image<1, 14, 14>, conv<12, scheme<pixels, sign>>, max_pool<2>, batch_norm,
                          dense<10, minw<1, 1>>, batch_norm> {};

/// Returns the text of the error that `work` throws.
template <class Work>
std::string refusal(Work&& work) {
  try {
    work();
  } catch (const minnow::error& e) {
    return e.what();
  }
  return "no error";
}

template <class Network = network<small, aqe>, class Optimizer = adam, class Schedule = constant>
std::string fitted(const fit_options<float>& options, const Optimizer& o = {}, const Schedule& alpha = {}) {
  return refusal([&] {
    Network net{seed{1}};
    fit(net, numbers(65), o, alpha, options);
  });
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// An optimizer that moves each weight by the sign of its gradient. So a NaN in the gradient does not reach the weight.
struct hiding {
  float rate = 0.01f;
  rate_schedule decay = constant_rate{};
  static constexpr int moments = 0;
  struct prepared {};
  [[nodiscard]] static prepared at(long long) noexcept { return {}; }
  template <class V>
  [[nodiscard]] V update(V w, V g, V*, float step_rate, prepared) const noexcept {
    using scalar::select;
    return w - V(step_rate) * select(g > V(0), V(1), V(-1));
  }
};

/// An optimizer that divides by the gradient. In the padding lanes of the last SIMD vector, which belong to no weight,
/// the gradient is 0, and the results are NaN.
struct dividing : hiding {
  template <class V>
  [[nodiscard]] V update(V w, V g, V*, float step_rate, prepared) const noexcept {
    return w - V(step_rate) * (g / (g * g)) * V(0);
  }
};

}  // namespace

TEST_SUITE("fit/fit: numbers that it is given") {
  TEST_CASE("a batch beyond the images is all of them, up to the largest int") {
    const auto data = numbers(65);
    const auto after = [&](int batch) {
      network<small, aqe> net{seed{1}};
      fit(net, data, adam{.rate = 1e-2f}, constant{}, {.epochs = 3, .batch = batch});
      return arrays(net);
    };
    const auto expected = after(65);
    for (const int batch : {66, 1 << 30, most - 1, most}) CHECK(after(batch) == expected);
  }

  TEST_CASE("an alpha outside [0, 1], with the step and the value") {
    const auto from_step_2 = [](float alpha) {
      return [alpha](const progress& p) { return p.step < 2 ? 0.5f : alpha; };
    };
    const fit_options<float> options{.batch = 10};
    CHECK(fitted(options, adam{}, from_step_2(1.5f)) ==
          "fit: expected an alpha from 0 to 1 of the schedule, found 1.5 at step 3");
    CHECK(fitted(options, adam{}, from_step_2(7)) ==
          "fit: expected an alpha from 0 to 1 of the schedule, found 7 at step 3");
    CHECK(fitted(options, adam{}, from_step_2(-1)) ==
          "fit: expected an alpha from 0 to 1 of the schedule, found -1 at step 3");
    CHECK(fitted(options, adam{}, from_step_2(-1e-7f)) ==
          "fit: expected an alpha from 0 to 1 of the schedule, found -1e-07 at step 3");
    CHECK(fitted(options, adam{}, from_step_2(not_a_number)) ==
          "fit: expected an alpha from 0 to 1 of the schedule, found nan at step 3");
    CHECK(fitted(options, adam{}, from_step_2(infinity)) ==
          "fit: expected an alpha from 0 to 1 of the schedule, found inf at step 3");
    for (const float alpha : {0.0f, 1.0f}) CHECK(fitted(options, adam{}, from_step_2(alpha)) == "no error");
    CHECK(holds(fitted(options, adam{}, constant{1.5f}), "found 1.5 at step 1"));
    CHECK(holds(fitted(options, adam{}, linear{.to = 2}), "of the schedule, found"));
    CHECK(holds(fitted(options, adam{}, linear{.from = -1}), "found -1 at step 1"));
    CHECK(holds(fitted(options, adam{}, cubic{.to = 7}), "of the schedule, found"));
    CHECK(holds(fitted(options, adam{}, exponential{.lambda = -1}), "of the schedule, found"));
    CHECK(holds(fitted(options, adam{}, exponential{.lambda = not_a_number}), "nan at step 2"));
    for (const moment& odd : {moment(fraction{not_a_number}), moment(fraction{-not_a_number})}) {
      CHECK(holds(fitted(options, adam{}, linear{.begin = odd}), "nan at step"));
      CHECK(holds(fitted(options, adam{}, linear{.end = odd}), "nan at step"));
      CHECK(holds(fitted(options, adam{}, cubic{.end = odd}), "nan at step"));
      CHECK(holds(fitted(options, adam{}, exponential{.end = odd}), "nan at step"));
    }
    CHECK(fitted(options, adam{}, linear{.begin = fraction{-1e30f}, .end = fraction{infinity}}) != "");
    CHECK(fitted(options, adam{}, std::function<float(const progress&)>()) == "fit: expected a schedule, found none");
  }

  TEST_CASE("rates that are not above 0, and optimizers' numbers outside their range") {
    const fit_options<float> options{.batch = 10};
    for (const float rate : {0.0f, -0.1f, not_a_number, infinity, -infinity}) {
      char expected[80];
      std::snprintf(expected, sizeof expected, "optimizer: expected a finite rate above 0, found %g",
                    static_cast<double>(rate));
      CHECK(fitted(options, adam{.rate = rate}) == expected);
      CHECK(fitted(options, sgd{.rate = rate}) == expected);
      CHECK(fitted(options, hiding{rate}) == expected);
    }
    CHECK(fitted(options, sgd{.momentum = 1}) == "sgd: momentum: expected a number from 0 to less than 1, found 1");
    CHECK(fitted(options, sgd{.momentum = -0.5f}) ==
          "sgd: momentum: expected a number from 0 to less than 1, found -0.5");
    CHECK(fitted(options, sgd{.momentum = not_a_number}) ==
          "sgd: momentum: expected a number from 0 to less than 1, found nan");
    CHECK(fitted(options, sgd{.weight_decay = -1}) ==
          "sgd: weight_decay: expected a finite number of at least 0, found -1");
    CHECK(fitted(options, sgd{.weight_decay = infinity}) ==
          "sgd: weight_decay: expected a finite number of at least 0, found inf");
    CHECK(fitted(options, adam{.beta1 = 1}) == "adam: beta1: expected a number from 0 to less than 1, found 1");
    CHECK(fitted(options, adam{.beta2 = -0.1f}) == "adam: beta2: expected a number from 0 to less than 1, found -0.1");
    CHECK(holds(fitted(options, adam{.epsilon = 0}), "adam: epsilon: expected a finite number of at least"));
    CHECK(fitted(options, adam{.weight_decay = not_a_number}) ==
          "adam: weight_decay: expected a finite number of at least 0, found nan");
    CHECK(fitted(options, adam{.decay = nullptr}) == "optimizer: expected a function as decay, found none");
  }

  TEST_CASE("a decay that is negative or no number, with the step; 0 is a pause") {
    const auto at_step_3 = [](float factor) {
      return [factor](const progress& p) { return p.step == 2 ? factor : 1.0f; };
    };
    const fit_options<float> options{.batch = 10};
    CHECK(fitted(options, sgd{.rate = 0.5f, .decay = at_step_3(-1)}) ==
          "optimizer: expected a finite rate of at least 0 at step 3, found -0.5");
    CHECK(fitted(options, sgd{.rate = 0.5f, .decay = at_step_3(not_a_number)}) ==
          "optimizer: expected a finite rate of at least 0 at step 3, found nan");
    CHECK(fitted(options, sgd{.rate = 0.5f, .decay = at_step_3(infinity)}) ==
          "optimizer: expected a finite rate of at least 0 at step 3, found inf");
    CHECK(fitted(options, sgd{.rate = 0.5f, .decay = at_step_3(0)}) == "no error");
    CHECK(fitted(options, sgd{.decay = exponential_rate{.factor = -0.5f}}) ==
          "exponential_rate: expected a finite factor of at least 0, found -0.5");
    CHECK(fitted(options, sgd{.decay = step_rate{.factor = -1}}) ==
          "step_rate: expected a finite factor of at least 0, found -1");
    CHECK(fitted(options, sgd{.decay = step_rate{.factor = infinity}}) ==
          "step_rate: expected a finite factor of at least 0, found inf");
    CHECK(holds(fitted(options, sgd{.decay = step_rate{.at = {fraction{not_a_number}}}}), "nan"));
    CHECK(fitted(options, sgd{.decay = cosine_rate{.to = -0.01f}}) ==
          "cosine_rate: expected a finite to of at least 0, found -0.01");
    CHECK(fitted(options, sgd{.decay = cosine_rate{}}) == "no error");
  }

  TEST_CASE("options outside their range") {
    const auto data = small_digits(20);
    const auto refused = [&](const fit_options<std::uint8_t>& options) {
      return refusal([&] {
        network<small_conv> net{seed{1}};
        fit(net, data, adam{}, constant{}, options);
      });
    };
    for (const int crop : {14, 1000000, 1 << 30, most, -1, std::numeric_limits<int>::min()})
      CHECK(refused({.augmentation = {.crop = crop}}) ==
            "fit: expected a crop of 0 to 13 pixels, since images are 14x14 (height, width), found " +
                std::to_string(crop));
    CHECK(refused({.augmentation = {.crop = 13}}) == "no error");
    CHECK(refused({.batch_norm_batches = -1}) == "fit: expected batch_norm_batches of at least 0, found -1");
    CHECK(refused({.batch_norm_batches = most}) == "no error");
    CHECK(refused({.checkpoint = {.every = -3}}) == "fit: expected checkpoint.every of at least 0, found -3");
    CHECK(refused({.loss = nullptr}) == "fit: expected a loss, found none");
  }

  TEST_CASE("a data set whose members do not fit together") {
    network<small, aqe> net{seed{1}};
    auto data = numbers(10);
    data.images.resize(65);
    CHECK(refusal([&] { fit(net, data, adam{}, constant{}); }) ==
          "fit: expected a multiple of 1x1x6 values (height, width, channels), found 65");
    data.images.resize(5);
    CHECK(refusal([&] { fit(net, data, adam{}, constant{}); }) ==
          "fit: expected a multiple of 1x1x6 values (height, width, channels), found 5");
    data = numbers(10);
    data.labels.resize(9);
    CHECK(refusal([&] { reestimate_batch_norm(net, data); }) ==
          "reestimate_batch_norm: expected as many labels as images, found 9 labels and 10 images");
  }

  TEST_CASE("reestimate_batch_norm and calibrate take at least one batch of at least one image") {
    network<small, aqe> net{seed{1}};
    const auto data = numbers(65);
    const auto before = arrays(net);
    for (const auto& [batches, batch] : {std::pair{30, 0}, {30, -5}, {0, 128}, {-1, 128}}) {
      const std::string found = " expected batches and batch of at least 1, found " + std::to_string(batches) +
                                " and " + std::to_string(batch);
      CHECK(refusal([&] { reestimate_batch_norm(net, data, {.batches = batches, .batch = batch}); }) ==
            "reestimate_batch_norm:" + found);
      CHECK(refusal([&] { calibrate(net, data, {.batches = batches, .batch = batch}); }) == "calibrate:" + found);
    }
    CHECK(arrays(net) == before);
    network<small, aqe> other{seed{1}};
    reestimate_batch_norm(net, data, {.batches = most, .batch = most});
    reestimate_batch_norm(other, data, {.batches = 1, .batch = 65});
    CHECK(arrays(net) == arrays(other));
    calibrate(net, data, {.batches = most, .batch = most});
  }
}

TEST_SUITE("fit/fit: divergence") {
  TEST_CASE("a loss that is finite with gradients that are not") {
    for (const float odd : {not_a_number, infinity}) {
      int calls = 0;
      const loss_function loss = [&](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
        const double value = cross_entropy{}(z, labels, gradient);
        if (++calls == 3) gradient[4 * 3 + 1] = odd;
        return value;
      };
      CHECK(fitted<network<small, aqe>>({.batch = 10, .loss = loss}, sgd{}) ==
            "fit: the loss's gradient holds a NaN or an infinity at step 3, of image 4 of the batch; the first layer "
            "with one is none");
    }
  }

  TEST_CASE("infinite statistics behind a loss that is finite") {
    network<small_real> net{seed{1}};
    const auto enlarge = [](const event& e, auto& of) {
      if (e.step == 2)
        of.parameters([](std::string_view path, const parameter& p) {
          if (path == "0") std::fill(p.value.begin(), p.value.end(), 1e25f);
        });
    };
    CHECK(refusal([&] { fit(net, numbers(65), sgd{}, constant{}, {.batch = 10}, enlarge); }) ==
          "fit: diverged at step 3: layer 1: 'variance' holds a NaN or an infinity");
  }

  TEST_CASE("a huge rate ends with finite numbers or with a step") {
    for (const float rate : {1e3f, 1e6f, 1e12f, 1e30f, 3e38f}) {
      network<small_real> net{seed{1}};
      std::string found;
      try {
        fit(net, numbers(65), sgd{.rate = rate}, constant{}, {.epochs = 30, .batch = 10});
      } catch (const minnow::error& e) {
        found = e.what();
        CHECK(holds(found, " at step "));
        continue;
      }
      for (const float v : arrays(net)) REQUIRE(std::isfinite(v));
    }
  }

  TEST_CASE("moments that overflow, though no weight shows it") {
    const loss_function steep = [](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
      const double value = cross_entropy{}(z, labels, gradient);
      for (float& g : gradient) g *= 1e30f;
      return value;
    };
    const auto text = fitted<network<plain_real>>({.batch = 10, .loss = steep}, adam{});
    CAPTURE(text);
    CHECK(text == "fit: diverged at step 1: layer 0: the optimizer's result for 'weights' holds a NaN or an infinity");
  }

  TEST_CASE("gradients that overflow backward, whatever the optimizer makes of them") {
    const loss_function steep = [](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
      const double value = cross_entropy{}(z, labels, gradient);
      for (float& g : gradient) g = g > 0 ? 3e38f : -3e38f;
      return value;
    };
    const auto text = fitted<network<plain_real>>({.batch = 10, .loss = steep}, hiding{});
    CAPTURE(text);
    CHECK(holds(text, "fit: diverged at step 1: layer "));
    CHECK(holds(text, ": the gradient of '"));
  }

  TEST_CASE("weights that are clipped do not hide an infinity") {
    const auto text = fitted<network<small, aqe>>({.batch = 10}, sgd{.rate = 3e38f, .weight_decay = 1e3f});
    CAPTURE(text);
    CHECK(holds(text, "fit: diverged at step 1: layer "));
  }

  TEST_CASE("numbers that pad a vector are nobody's") {
    network<plain_real> net{seed{1}};
    updater<dividing> update{dividing{}};
    const auto data = numbers(10);
    net.take(data, 0, 10);
    const auto z = net.forward({.mode = mode::train});
    net.backward(std::vector<float>(z.size(), 0.1f), {.mode = mode::train});
    net.parameters([](std::string_view, const parameter& p) { std::fill(p.gradient.begin(), p.gradient.end(), 1.0f); });
    CHECK(refusal([&] { update.step(net, {}, 1); }) == "no error");
  }

  TEST_CASE("statistics of settling") {
    network<small_real> net{seed{1}};
    auto data = numbers(20);
    net.parameters([](std::string_view path, const parameter& p) {
      if (path == "0") std::fill(p.value.begin(), p.value.end(), 1e25f);
    });
    CHECK(refusal([&] { reestimate_batch_norm(net, data); }) ==
          "reestimate_batch_norm: diverged: layer 1: 'variance' holds a NaN or an infinity");
  }

  TEST_CASE("an updater keeps to its network") {
    network<small, aqe> net{seed{1}};
    network<small_real> other{seed{1}};
    updater<sgd> update{sgd{}};
    const auto data = numbers(10);
    const auto step = [&](network_base& of) {
      of.take(data, 0, 10);
      const auto z = of.forward({.mode = mode::train});
      of.backward(std::vector<float>(z.size(), 0.1f), {.mode = mode::train});
      update.step(of, {}, 1);
    };
    step(net);
    struct wider : model<features<6>, dense<19>, dense<3>> {};
    network<wider> wide{seed{1}};
    CHECK(holds(refusal([&] { step(wide); }),
                "optimizer: expected the network of the previous steps, found another size of 'weights' in layer 0"));
  }
}

namespace {

struct thrown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The number of the place at which the user's functions throw, or 0 if they do not throw.
std::atomic<int> armed{0};
void may_throw(int place) {
  if (armed.load(std::memory_order_relaxed) == place) throw thrown("place " + std::to_string(place));
}

struct throwing_code : quantizer_base {
  static constexpr text name() { return "throwing_code"; }
  static constexpr int bits = 4;
  static constexpr encoding storage = encoding::nibble;
  static constexpr int max_code = 7;
  static float code(float x, const state&) {
    may_throw(1);
    return std::nearbyint(std::fmax(-1.0f, std::fmin(1.0f, x)) * 7);
  }
  static float scale(const state&) { return 1.0f / 7; }
  static bool observe(state&, std::span<const float>, role) {
    may_throw(2);
    return true;
  }
};
struct throwing_estimator : estimator_base {
  static constexpr text name() { return "throwing_estimator"; }
  static float quantized_fraction(float) { return 1; }
  static float slope(role, float, float, bool inside) {
    may_throw(3);
    return inside ? 1.0f : 0.0f;
  }
};
struct throwing_layer : same_shape {
  static constexpr text name() { return "throwing_layer"; }
  static constexpr bool increasing = true;
  static float apply(float x) {
    may_throw(4);
    return x;
  }
  static float slope(float) {
    may_throw(5);
    return 1;
  }
};
struct of_throwing : model<image<1, 14, 14>, conv<12, scheme<real, throwing_code>>, batch_norm, throwing_layer,
                           conv<20, scheme<throwing_code, throwing_code>>, batch_norm,
                           dense<10, scheme<throwing_code, sign>>, batch_norm> {};

struct throwing_optimizer : hiding {
  template <class V>
  [[nodiscard]] V update(V w, V g, V*, float step_rate, prepared) const {
    may_throw(6);
    return w - V(step_rate) * g;
  }
};

}  // namespace

TEST_SUITE("fit/fit: what the user's functions throw") {
  TEST_CASE("arrives at the caller, on one thread and on several, and the network can be used again") {
    const auto data = small_digits(40);
    for (const int count : {1, 3}) {
      set_threads(count);
      for (int place = 1; place <= 9; ++place) {
        CAPTURE(count);
        CAPTURE(place);
        network<of_throwing, throwing_estimator> net{seed{1}};
        const fit_options<std::uint8_t> options{
            .batch = 20, .loss = [](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
              may_throw(7);
              return cross_entropy{}(z, labels, gradient);
            }};
        const auto run = [&] {
          fit(
              net, data, throwing_optimizer{{.rate = 0.01f}},
              [](const progress&) {
                may_throw(8);
                return 1.0f;
              },
              options, [](const event&, auto&) { may_throw(9); });
        };
        armed = place;
        CHECK_THROWS_WITH_AS(run(), ("place " + std::to_string(place)).c_str(), thrown);
        armed = 0;
        run();
      }
    }
    set_threads(0);
  }

  TEST_CASE("arrives from settling, calibrating, measuring, packing and running") {
    const auto data = small_digits(40);
    for (const int count : {1, 3}) {
      set_threads(count);
      for (const int place : {1, 4}) {
        CAPTURE(place);
        network<of_throwing, throwing_estimator> net{seed{1}};
        fit(net, data, adam{}, constant{1}, {.batch = 20});
        const auto packed = pack(net);
        armed = place;
        CHECK_THROWS_AS(reestimate_batch_norm(net, data), thrown);
        CHECK_THROWS_AS(calibrate(net, data), thrown);
        CHECK_THROWS_AS((void)accuracy(net, data), thrown);
        CHECK_THROWS_AS((void)pack(net), thrown);
        CHECK_NOTHROW((void)packed.run(data.images));  // the packed network uses thresholds, not code()
        armed = 0;
        reestimate_batch_norm(net, data);
        CHECK((pack(net).run(data.images) == logits(net, data)));
      }
    }
    set_threads(0);
  }
}

}  // namespace fit_numbers
