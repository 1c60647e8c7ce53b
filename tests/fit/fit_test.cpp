#include <minnow/fit/fit.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include <minnow/core/parallel.hpp>
#include <minnow/data/synthetic_digits.hpp>
#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/schedule/cubic.hpp>
#include <minnow/schedule/linear.hpp>

#include "small_digits.hpp"
#include "small_runs.hpp"

using namespace minnow;
using minnow::test::arrays;
using minnow::test::numbers;
using minnow::test::small_digits;

namespace {

struct small : model<features<6>, dense<9, scheme<real, sign>>, batch_norm, dense<3, minw<1, 1>>, batch_norm> {};
struct small_real : model<features<6>, dense<9>, relu, dense<3>> {};
struct small_conv : model<image<1, 14, 14>, conv<12, scheme<pixels, sign>>, max_pool<2>, batch_norm,
                          conv<20, minw<2, 3>, kernel<3, 2>>, batch_norm, relu,
                          dense<10, scheme<integer<4>, integer<4>>>, batch_norm> {};
struct digits : model<image<1, 28, 28>, conv<16, scheme<pixels, sign>, stride<2>>, batch_norm,
                      conv<32, minw<1, 1>, stride<2>>, batch_norm, dense<10, minw<1, 1>>, batch_norm> {};

/// Returns every array of the network after a run.
template <class Network, class T, class Optimizer = adam, class Schedule = constant>
std::vector<float> after(const dataset<T>& data, const fit_options<std::type_identity_t<T>>& options,
                         const Optimizer& o = {.rate = 1e-2f}, const Schedule& alpha = {}) {
  Network net{seed{1}};
  fit(net, data, o, alpha, options);
  return arrays(net);
}

/// Returns the text of the error that a run throws.
template <class Network, class T, class Optimizer = sgd, class Observer = detail::no_observer>
std::string refusal(const dataset<T>& data, const fit_options<std::type_identity_t<T>>& options = {},
                    const Optimizer& o = {}, Observer observer = {}) {
  Network net{seed{1}};
  try {
    fit(net, data, o, constant{}, options, observer);
  } catch (const minnow::error& e) {
    return e.what();
  }
  return "no error";
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE("fit/fit: the door") {
  TEST_CASE("empty data") {
    CHECK(refusal<network<small>>(dataset<float>{}) == "fit: expected images, found none");
    auto unlabeled = numbers(4);
    unlabeled.labels.clear();
    CHECK(refusal<network<small>>(unlabeled) == "fit: expected labels, found none");
  }

  TEST_CASE("labels out of range, with the image") {
    auto data = numbers(10);
    data.labels[7] = 3;
    CHECK(refusal<network<small>>(data) ==
          "fit: expected labels from 0 to 2 (the model's outputs), found 3 at image 7");
    data.labels[7] = -1;
    CHECK(refusal<network<small>>(data) ==
          "fit: expected labels from 0 to 2 (the model's outputs), found -1 at image 7");
  }

  TEST_CASE("fewer labels than images") {
    auto data = numbers(10);
    data.labels.pop_back();
    CHECK(refusal<network<small>>(data) == "fit: expected as many labels as images, found 9 labels and 10 images");
  }

  TEST_CASE("images of another shape") {
    CHECK(refusal<network<small>>(dataset<float>({1, 2, 3}, std::vector<float>(60), std::vector<int>(10))) ==
          "fit: expected images of 1x1x6 (height, width, channels: the model's input), found 1x2x3");
    CHECK(refusal<network<digits>>(small_digits(2)) ==
          "fit: expected images of 28x28x1 (height, width, channels: the model's input), found 14x14x1");
  }

  TEST_CASE("a NaN or an infinity in the data, with the image") {
    auto data = numbers(10);
    data.images[6 * 8 + 5] = HUGE_VALF;
    CHECK(refusal<network<small>>(data) == "fit: expected finite numbers, found inf in image 8");
    data.images[6 * 3] = std::nanf("");
    CHECK(refusal<network<small>>(data) == "fit: expected finite numbers, found nan in image 3");
  }

  TEST_CASE("validation data that the model cannot take") {
    const auto data = numbers(10);
    auto validation = numbers(5);
    validation.labels[2] = 9;
    CHECK(refusal<network<small>>(data, {.validation = &validation}) ==
          "fit: validation: expected labels from 0 to 2 (the model's outputs), found 9 at image 2");
    validation = numbers(5);
    validation.images[0] = std::nanf("");
    CHECK(refusal<network<small>>(data, {.validation = &validation}) ==
          "fit: validation: expected finite numbers, found nan in image 0");
    validation = {};
    CHECK(refusal<network<small>>(data, {.validation = &validation}) == "fit: validation: expected images, found none");
  }

  TEST_CASE("options that make no run") {
    const auto data = numbers(10);
    CHECK(refusal<network<small>>(data, {.epochs = 0}) ==
          "fit: expected epochs, batch, alpha_every and quantize_every of at least 1, found 0, 128, 1 and 1");
    CHECK(refusal<network<small>>(data, {.batch = 0, .alpha_every = -2}) ==
          "fit: expected epochs, batch, alpha_every and quantize_every of at least 1, found 1, 0, -2 and 1");
    CHECK(refusal<network<small>>(data, {.quantize_every = 0}) ==
          "fit: expected epochs, batch, alpha_every and quantize_every of at least 1, found 1, 128, 1 and 0");
    CHECK(refusal<network<small>>(data, {.augmentation = {.crop = -1}}) ==
          "fit: expected a crop of 0 to 0 pixels, since images are 1x1 (height, width), found -1");
  }

  TEST_CASE("moves that the images have no axis for are refused") {
    const auto vectors = numbers(10);
    CHECK(refusal<network<small>>(vectors, {.augmentation = {.crop = 1}}) ==
          "fit: expected a crop of 0 to 0 pixels, since images are 1x1 (height, width), found 1");
    CHECK(refusal<network<small>>(vectors, {.augmentation = {.flip = true}}) ==
          "fit: expected images of more than one column to flip, found 1x1 (height, width)");
    struct wave : model<minnow::signal<2, 5>, dense<3>> {};
    struct column : model<image<2, 5, 1>, dense<3>> {};
    struct wide : model<image<2, 2, 5>, dense<3>> {};
    const auto of = [&](shape s) {
      return dataset<float>(s, test::uniform(10 * s.size(), 3), std::vector<int>(10, 1));
    };
    CHECK(refusal<network<wave>>(of({1, 5, 2}), {.augmentation = {.crop = 5}}) ==
          "fit: expected a crop of 0 to 4 pixels, since images are 1x5 (height, width), found 5");
    CHECK(refusal<network<wave>>(of({1, 5, 2}), {.augmentation = {.crop = 4, .flip = true}}) == "no error");
    CHECK(refusal<network<column>>(of({5, 1, 2}), {.augmentation = {.crop = 4}}) == "no error");
    CHECK(refusal<network<column>>(of({5, 1, 2}), {.augmentation = {.flip = true}}) ==
          "fit: expected images of more than one column to flip, found 5x1 (height, width)");
    CHECK(refusal<network<wide>>(of({2, 5, 2}), {.augmentation = {.crop = 2}}) ==
          "fit: expected a crop of 0 to 1 pixels, since images are 2x5 (height, width), found 2");
  }

  TEST_CASE("a crop leaves something to learn from in a signal") {
    // The class is the half that contains the peak. A shift by at most two samples keeps the peak in that half.
    struct wave : model<minnow::signal<1, 16>, dense<2>> {};
    minnow::random r(seed{2});
    dataset<float> data({1, 16, 1}, std::vector<float>(200 * 16), std::vector<int>(200));
    for (std::size_t n = 0; n < 200; ++n) {
      data.labels[n] = static_cast<int>(n % 2);
      data.images[n * 16 + static_cast<std::size_t>(8 * data.labels[n] + 2 + r.below(4))] = 1;
    }
    network<wave> net{seed{1}};
    const auto result =
        fit(net, data, adam{.rate = 0.05f}, constant{}, {.epochs = 20, .batch = 20, .augmentation = {.crop = 2}});
    CHECK(result.epochs.back().accuracy == 1);
  }

  TEST_CASE("a refusal leaves the network as it was") {
    auto data = numbers(10);
    data.labels[9] = 3;
    network<small> net{seed{1}};
    const auto before = arrays(net);
    CHECK_THROWS_AS(fit(net, data, sgd{}, constant{}), minnow::error);
    CHECK(arrays(net) == before);
  }
}

TEST_SUITE("fit/fit: a loss that is not finite") {
  TEST_CASE("by a poisoned weight: names the step and the layer") {
    const auto poison = [](std::string_view which, long long step) {
      return [=](const event& e, auto& net) {
        if (e.step == step)
          net.parameters([&](std::string_view path, const parameter& p) {
            if (path == which) p.value[1] = std::nanf("");
          });
      };
    };
    const auto data = numbers(100);
    const fit_options<float> options{.epochs = 2, .batch = 10};
    CHECK(holds(refusal<network<small_real>>(data, options, sgd{.rate = 0.01f}, poison("2", 3)),
                "fit: the loss is nan at step 4; the first layer with a NaN or an infinity is 2"));
    CHECK(holds(refusal<network<small_real>>(data, options, sgd{.rate = 0.01f}, poison("0", 12)),
                "nan at step 13; the first layer with a NaN or an infinity is 0"));
    // In a quantized network, the error also names the first layer with a NaN.
    CHECK(holds(refusal<network<small, aqe>>(data, options, sgd{.rate = 0.01f}, poison("3", 1)),
                "nan at step 2; the first layer with a NaN or an infinity is 3"));
    CHECK(holds(refusal<network<small, aqe>>(data, options, sgd{.rate = 0.01f}, poison("0", 1)),
                "nan at step 2; the first layer with a NaN or an infinity is 0"));
  }

  TEST_CASE("by a huge rate") {
    const auto text = refusal<network<small_real>>(numbers(100), {.epochs = 2, .batch = 10}, sgd{.rate = 1e30f});
    CAPTURE(text);
    CHECK(holds(text, "fit: the loss is "));
    CHECK(holds(text, "nan at step "));
    CHECK(holds(text, "; the first layer with a NaN or an infinity is "));
    CHECK(!holds(text, "none"));
  }

  TEST_CASE("by the loss itself: no layer is to blame") {
    int calls = 0;
    const auto loss = [&](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
      return ++calls == 3 ? HUGE_VAL : cross_entropy{}(z, labels, gradient);
    };
    CHECK(refusal<network<small>>(numbers(100), {.batch = 10, .loss = loss}) ==
          "fit: the loss is inf at step 3; the first layer with a NaN or an infinity is none");
  }

  TEST_CASE("integer weights are refused where they are quantized") {
    const auto poison = [](const event& e, auto& net) {
      if (e.step == 1)
        net.parameters([](std::string_view path, const parameter& p) {
          if (path == "6") p.value[0] = HUGE_VALF;
        });
    };
    CHECK(refusal<network<small_conv>>(small_digits(20), {.batch = 10}, sgd{.rate = 0.01f}, poison) ==
          "layer 6: the weights hold a NaN or an infinity at step 2");
  }

  TEST_CASE("the network stands as it was at that step") {
    const auto data = numbers(100);
    network<small> net{seed{1}};
    std::vector<float> weights;
    const auto parameters = [&] {
      std::vector<float> result;
      net.parameters(
          [&](std::string_view, const parameter& p) { result.insert(result.end(), p.value.begin(), p.value.end()); });
      return result;
    };
    int calls = 0;
    const auto loss = [&](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
      return ++calls == 4 ? std::nan("") : cross_entropy{}(z, labels, gradient);
    };
    CHECK_THROWS_AS(fit(net, data, sgd{}, constant{}, {.batch = 10, .loss = loss},
                        [&](const event& e, auto&) {
                          CHECK(e.step <= 3);
                          weights = parameters();
                        }),
                    minnow::error);
    CHECK(parameters() == weights);
  }
}

TEST_SUITE("fit/fit: the observer") {
  TEST_CASE("sees every step and every epoch, in order") {
    const auto data = numbers(25);
    network<small, aqe> net{seed{1}};
    std::string seen;
    double losses = 0;
    double correct = 0;
    const auto result = fit(net, data, sgd{.rate = 0.5f, .decay = step_rate{.at = {steps{3}}}},
                            constant{.alpha = 0.25f}, {.epochs = 2, .batch = 10}, [&](const event& e, auto& of) {
                              CHECK(&of == &net);
                              CHECK(e.epochs == 2);
                              CHECK(e.steps == 6);
                              CHECK(e.alpha == 0.25f);
                              CHECK(e.rate == (e.step <= 3 ? 0.5f : 0.5f * 0.1f));
                              CHECK(e.seconds >= 0);
                              const int count = e.step % 3 == 0 ? 5 : 10;  // the last batch of an epoch is smaller
                              if (e.epoch_end) {
                                seen += "epoch " + std::to_string(e.epoch) + "; ";
                                CHECK(e.loss == doctest::Approx(losses / 25).epsilon(1e-12));
                                CHECK(e.accuracy == doctest::Approx(correct / 25).epsilon(1e-12));
                                losses = correct = 0;
                              } else {
                                seen += std::to_string(e.epoch) + "." + std::to_string(e.step) + " ";
                                losses += e.loss * count;
                                correct += e.accuracy * count;
                              }
                            });
    CHECK(seen == "1.1 1.2 1.3 epoch 1; 2.4 2.5 2.6 epoch 2; ");
    CHECK(!result.stopped);
    REQUIRE(result.epochs.size() == 2);
    CHECK(result.epochs[1].epoch == 2);
    CHECK(result.epochs[1].step == 6);
    CHECK(result.epochs[1].epoch_end);
  }

  TEST_CASE("an empty one is refused before the first step") {
    network<small, aqe> net{seed{1}};
    const std::string expected = "fit: expected an observer, found an empty one";
    void (*const none)(const event&, network<small, aqe>&) = nullptr;
    CHECK_THROWS_WITH_AS(
        fit(net, numbers(25), sgd{}, constant{}, {}, std::function<void(const event&, network<small, aqe>&)>{}),
        expected.c_str(), minnow::error);
    CHECK_THROWS_WITH_AS(fit(net, numbers(25), sgd{}, constant{}, {}, none), expected.c_str(), minnow::error);
  }

  TEST_CASE("stops the run at a step; the epoch so far is still reported, and the network settled") {
    network<small, aqe> net{seed{1}};
    std::string seen;
    const auto result =
        fit(net, numbers(100), sgd{}, constant{}, {.epochs = 3, .batch = 10}, [&](const event& e, auto&) {
          seen += (e.epoch_end ? "end" : std::to_string(e.step)) + " ";
          return e.step < 14;
        });
    CHECK(seen == "1 2 3 4 5 6 7 8 9 10 end 11 12 13 14 end ");
    CHECK(result.stopped);
    CHECK(result.epochs.size() == 2);
    CHECK(net.layer<"1">().stale_statistics() == 0);
  }

  TEST_CASE("stops the run at an epoch's end") {
    network<small, aqe> net{seed{1}};
    int epochs = 0;
    const auto result = fit(net, numbers(100), sgd{}, constant{}, {.epochs = 9, .batch = 10},
                            [&](const event& e, auto&) { return !e.epoch_end || ++epochs < 4; });
    CHECK(result.stopped);
    CHECK(result.epochs.size() == 4);
  }

  TEST_CASE("that looks into the network does not change the run") {
    const auto data = numbers(100);
    const auto blind = after<network<small, aqe>>(data, {.epochs = 2, .batch = 10});
    network<small, aqe> net{seed{1}};
    fit(net, data, adam{.rate = 1e-2f}, constant{}, {.epochs = 2, .batch = 10}, [&](const event&, auto& of) {
      (void)accuracy(of, data);
      (void)of.template layer<"0">().weights();
    });
    CHECK(arrays(net) == blind);
  }
}

TEST_SUITE("fit/fit: order") {
  /// Returns the order of the labels in each epoch, as the loss receives them.
  std::vector<std::vector<int>> orders(bool shuffle, seed s) {
    const auto data = numbers(60);
    network<small, ste> net{seed{1}};
    std::vector<std::vector<int>> seen;
    const auto loss = [&](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
      seen.emplace_back(labels.begin(), labels.end());
      return cross_entropy{}(z, labels, gradient);
    };
    fit(net, data, sgd{}, constant{}, {.epochs = 3, .batch = 60, .seed = s, .loss = loss, .shuffle = shuffle});
    return seen;
  }

  TEST_CASE("each epoch has an order of its own, which comes from the seed") {
    const auto first = orders(true, seed{1});
    REQUIRE(first.size() == 3);
    CHECK(first[0] != first[1]);
    CHECK(first[1] != first[2]);
    CHECK(first[0] != first[2]);
    CHECK(first[0] != numbers(60).labels);
    CHECK(orders(true, seed{1}) == first);
    CHECK(orders(true, seed{2})[0] != first[0]);
  }

  TEST_CASE("without shuffling every epoch has that of the data") {
    for (const auto& order : orders(false, seed{1})) CHECK(order == numbers(60).labels);
  }
}

TEST_SUITE("fit/fit: schedules") {
  TEST_CASE("alpha follows its schedule step by step, or is refreshed every few steps") {
    const auto alphas = [](int every) {
      network<small, aqe> net{seed{1}};
      std::vector<float> seen;
      fit(net, numbers(100), sgd{}, linear{}, {.epochs = 1, .batch = 10, .alpha_every = every},
          [&](const event& e, auto&) {
            if (!e.epoch_end) seen.push_back(e.alpha);
          });
      return seen;
    };
    const auto each = alphas(1);
    REQUIRE(each.size() == 10);
    for (std::size_t s = 0; s < 10; ++s) CHECK(each[s] == static_cast<float>(static_cast<double>(s) / 10));
    const auto third = alphas(3);
    for (std::size_t s = 0; s < 10; ++s) CHECK(third[s] == each[s - s % 3]);
    CHECK(alphas(100) == std::vector<float>(10, 0));
  }

  TEST_CASE("the forward pass uses that alpha: 0 is the real network, 1 the quantized one") {
    // The run has one batch and does not shuffle, so the first loss is the untrained network's loss.
    const auto data = numbers(50);
    const auto first_loss = [&]<class Estimator>(Estimator, float alpha) {
      network<small, Estimator> net{seed{1}};
      double loss = 0;
      fit(net, data, sgd{}, constant{alpha}, {.batch = 50, .shuffle = false},
          [&](const event& e, auto&) { loss = e.loss; });
      return loss;
    };
    const double quantized = first_loss(ste{}, 0);
    CHECK(first_loss(ste{}, 1) == quantized);  // ste ignores alpha
    CHECK(first_loss(aqe{}, 1) == quantized);
    CHECK(first_loss(alpha_blend{}, 1) == quantized);
    CHECK(first_loss(aqe{}, 0) == first_loss(alpha_blend{}, 0));
    CHECK(first_loss(aqe{}, 0) != quantized);
    CHECK(first_loss(aqe{}, 0.5f) != first_loss(aqe{}, 0));
  }

  TEST_CASE("weights are quantized every few steps") {
    // Every step uses the same batch, and no layer precedes the first product. So the sums of this product change only
    // when the codes of its weights change.
    const auto data = numbers(40);
    network<small, ste> net{seed{1}};
    std::vector<std::vector<float>> sums;
    fit(net, data, sgd{.rate = 2}, constant{}, {.epochs = 9, .batch = 40, .shuffle = false, .quantize_every = 3},
        [&](const event& e, auto& of) {
          const activations& r = of.result(0);
          if (!e.epoch_end) sums.emplace_back(r.data, r.data + r.size());
        });
    REQUIRE(sums.size() == 9);
    for (std::size_t s = 1; s < 9; ++s) {
      CAPTURE(s);
      CHECK((sums[s] == sums[s - 1]) == (s % 3 != 0));
    }
  }

  TEST_CASE("a run at alpha 1/2 ends settled, unless told not to") {
    network<small, aqe> net{seed{1}};
    fit(net, numbers(100), sgd{}, constant{}, {.epochs = 3, .batch = 10, .batch_norm_batches = 0});
    const double average = 0.5 * (1 - std::pow(0.9, 30));
    CHECK(static_cast<double>(net.layer<"1">().stale_statistics()) == doctest::Approx(average).epsilon(1e-5));
    network<small, aqe> settled{seed{1}};
    fit(settled, numbers(100), sgd{}, constant{}, {.epochs = 3, .batch = 10});
    CHECK(settled.layer<"1">().stale_statistics() == 0);
    CHECK(settled.layer<"3">().stale_statistics() == 0);
    // With ste, training runs the same quantized network that is deployed.
    network<small, ste> straight{seed{1}};
    fit(straight, numbers(100), sgd{}, constant{}, {.epochs = 3, .batch = 10, .batch_norm_batches = 0});
    CHECK(straight.layer<"1">().stale_statistics() == 0);
  }
}

TEST_SUITE("fit/fit: validation") {
  TEST_CASE("measuring leaves a run as it is, also where weights are quantized every few steps") {
    const auto data = small_digits(100);
    for (const int every : {1, 3}) {
      CAPTURE(every);
      fit_options<std::uint8_t> options{.epochs = 3, .batch = 20, .quantize_every = every};
      const auto expected = after<network<small_conv, aqe>>(data, options);
      options.validation = &data;
      CHECK(after<network<small_conv, aqe>>(data, options) == expected);
    }
  }

  TEST_CASE("reports the network as trained and the quantized one, settled") {
    const auto data = numbers(300);
    const auto validation = numbers(200, 2);
    network<small, aqe> net{seed{1}};
    double differences = 0;
    const fit_options<float> options{.epochs = 3, .batch = 20, .validation = &validation, .seed = seed{5}};
    const auto result =
        fit(net, data, adam{.rate = 1e-2f}, constant{}, options, [&](const event& e, network<small, aqe>& of) {
          if (!e.epoch_end) {
            CHECK(e.validation_accuracy_blended == 0);
            return;
          }
          // The running statistics are unchanged since training.
          CHECK(of.layer<"1">().stale_statistics() > 0.1f);
          network<small, aqe> copy = of;
          CHECK(e.validation_accuracy_blended == accuracy(copy, validation, 0.5f));
          reestimate_batch_norm(copy, data, {.batches = 30, .batch = 20, .seed = seed{5}});
          CHECK(e.validation_accuracy == accuracy(copy, validation));
          differences += std::abs(e.validation_accuracy_blended - e.validation_accuracy);
        });
    CHECK(differences > 0);
    // The last measured validation accuracy equals the accuracy of the final network.
    CHECK(result.epochs.back().validation_accuracy == accuracy(net, validation));
  }

  TEST_CASE("of a network without an unquantized part both are the same") {
    const auto validation = numbers(200, 2);
    network<small, ste> net{seed{1}};
    const auto result =
        fit(net, numbers(300), adam{.rate = 1e-2f}, constant{}, {.batch = 20, .validation = &validation});
    CHECK(result.epochs[0].validation_accuracy_blended == result.epochs[0].validation_accuracy);
    CHECK(result.epochs[0].validation_accuracy > 0);
  }

  TEST_CASE("does not change the run") {
    const auto data = numbers(300);
    const auto validation = numbers(200, 2);
    CHECK(after<network<small, aqe>>(data, {.epochs = 3, .batch = 20}) ==
          after<network<small, aqe>>(data, {.epochs = 3, .batch = 20, .validation = &validation}));
    const auto images = small_digits(120);
    const auto more = images.part(0, 50);
    CHECK(after<network<small_conv, alpha_blend>>(images, {.epochs = 2, .batch = 40}) ==
          after<network<small_conv, alpha_blend>>(images, {.epochs = 2, .batch = 40, .validation = &more}));
  }
}

TEST_SUITE("fit/fit: the same seed gives the same weights") {
  template <class Estimator>
  void check_repeatable() {
    CAPTURE(Estimator::name().c_str());
    const auto data = small_digits(150);
    const fit_options<std::uint8_t> options{.epochs = 2,
                                            .batch = 64,
                                            .seed = seed{7},
                                            .augmentation = {.crop = 1, .flip = true},
                                            .augment = [](std::span<std::uint8_t> image, shape, minnow::random& r) {
                                              image[static_cast<std::size_t>(r.below(196))] = 255;
                                            }};
    const auto run = [&](int count, const fit_options<std::uint8_t>& o) {
      set_threads(count);
      auto result = after<network<small_conv, Estimator>>(data, o, adam{.rate = 1e-2f}, cubic{.from = 0.25f});
      set_threads(0);
      return result;
    };
    const auto first = run(1, options);
    for (const float v : first) REQUIRE(std::isfinite(v));
    CHECK(run(1, options) == first);
    CHECK(run(2, options) == first);
    auto other = options;
    other.seed = seed{8};
    CHECK(run(1, other) != first);
    other = options;
    other.augment = {};
    CHECK(run(1, other) != first);
  }

  TEST_CASE("bit for bit, in two runs, with 1 and 2 threads, under every estimator") {
    check_repeatable<ste>();
    check_repeatable<aqe>();
    check_repeatable<aqe_stochastic>();
    check_repeatable<aqe_expected>();
    check_repeatable<alpha_blend>();
  }
}

TEST_SUITE("fit/fit: what a user brings along") {
  /// An optimizer without moments that moves a weight w with gradient g to w - rate · sign(g).
  struct sign_descent {
    float rate = 0.01f;
    rate_schedule decay = constant_rate{};
    static constexpr int moments = 0;
    static int at(long long) { return 0; }
    template <class V>
    V update(V w, V g, V*, float step_rate, int) const {
      using scalar::select;
      return w - V(step_rate) * select(g > V(0), V(1), select(g < V(0), V(-1), V(0)));
    }
  };

  /// An estimator whose slope decreases linearly towards the ends of the range.
  struct bell : estimator_base {
    static constexpr text name() { return "bell"; }
    static float quantized_fraction(float) { return 1; }
    static float slope(role, float, float a, bool inside) { return inside ? 2 * (1 - std::abs(a)) : 0.0f; }
  };

  TEST_CASE("an optimizer, a loss, a schedule, a rate and an estimator of one's own train") {
    const auto data = numbers(400);
    network<small, bell> net{seed{1}};
    std::vector<float> alphas;
    int losses = 0;
    const auto result = fit(
        net, data, sign_descent{.decay = [](const progress& p) { return p.step < 60 ? 1.0f : 0.25f; }},
        [](const progress& p) { return p.step % 2 == 0 ? 0.25f : 0.75f; },
        {.epochs = 10,
         .batch = 40,
         .loss =
             [&](std::span<const float> z, std::span<const int> labels, std::span<float> gradient) {
               ++losses;
               return squared_hinge{}(z, labels, gradient);
             }},
        [&](const event& e, auto&) {
          if (!e.epoch_end) alphas.push_back(e.alpha);
        });
    REQUIRE(alphas.size() == 100);
    CHECK(losses == 100);
    CHECK(alphas[4] == 0.25f);
    CHECK(alphas[7] == 0.75f);
    CHECK(result.epochs.back().rate == 0.01f * 0.25f);
    CHECK(result.epochs.back().loss < 0.8 * result.epochs.front().loss);
  }

  TEST_CASE("each of the library's losses trains") {
    const auto data = numbers(400);
    const auto last = [&](const loss_function& loss) {
      network<small, aqe> net{seed{1}};
      const auto result = fit(net, data, adam{.rate = 2e-2f}, constant{}, {.epochs = 10, .batch = 40, .loss = loss});
      CHECK(result.epochs.back().loss < 0.9 * result.epochs.front().loss);
      return result.epochs.back().accuracy;
    };
    // A network that always chooses the same class is correct for less than half of the images.
    CHECK(last(cross_entropy{}) > 0.6);
    CHECK(last(squared_hinge{}) > 0.6);
    CHECK(last(mean_squared_error{}) > 0.6);
  }
}

TEST_SUITE("fit/fit: learning") {
  TEST_CASE("a 1-bit network learns drawn digits in three epochs, under each estimator") {
    const auto train = synthetic_digits(2000, seed{1});
    const auto test = synthetic_digits(500, seed{2});
    const auto learned = [&]<class Estimator, class Inputs = Estimator>(Estimator, const auto& alpha, Inputs = {}) {
      network<digits, Estimator, Inputs> net{seed{3}};
      fit(net, train, adam{.rate = 1e-2f, .decay = exponential_rate{.factor = 0.8f}}, alpha,
          {.epochs = 3, .batch = 64});
      return accuracy(net, test);
    };
    // Guessing has an accuracy of 10 %. The standard deviation of an accuracy over 500 images is about 2 %.
    CHECK(learned(ste{}, constant{}) >= 0.65);
    CHECK(learned(aqe{}, constant{}) >= 0.65);
    CHECK(learned(aqe{}, cubic{.from = 0.5f, .end = fraction{0.5f}}) >= 0.65);
    CHECK(learned(aqe_expected{}, linear{}) >= 0.6);
    CHECK(learned(aqe{}, constant{}, aqe_stochastic{}) >= 0.4);
    // Noise on the weights too slows learning down further.
    CHECK(learned(aqe_stochastic{}, constant{}) >= 0.3);
    CHECK(learned(alpha_blend{}, cubic{}) >= 0.4);
  }
}
