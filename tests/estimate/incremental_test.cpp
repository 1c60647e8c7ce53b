#include <minnow/estimate/incremental.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/estimate/quantized_gradients.hpp>
#include <minnow/estimate/ste.hpp>
#include <minnow/files/network_file.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/infer/evaluate.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/model.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/quantize/methods/inq.hpp>
#include <minnow/schedule/constant.hpp>
#include <minnow/schedule/staircase.hpp>
#include <minnow/train/copy_weights.hpp>
#include <minnow/train/evaluate.hpp>
#include <minnow/train/layers/product.hpp>
#include <minnow/train/network.hpp>

#include "random_numbers.hpp"
#include "single_layer.hpp"
#include "small_digits.hpp"
#include "system/data_files.hpp"
#include "values.hpp"

using namespace minnow;

static_assert(estimator<incremental> && !incremental::stochastic);
static_assert(detail::freezes_weights<incremental> && !detail::freezes_weights<ste>);
static_assert(detail::freezes_weights<quantized_gradients<incremental, 8>>);

namespace {

constexpr int partition_inputs = 23, partition_units = 17, partition_images = 5;
constexpr std::size_t partition_weights = partition_inputs * partition_units;

/// Zhou et al. 2017, Eq. 4, for 5 bits and a highest level of 1, in double precision. The lowest of the paper's powers
/// is left out.
double power_of(double w) {
  double a = 0;
  for (double b = 1.0 / 64; b <= 1; a = b, b *= 2)
    if ((a + b) / 2 <= std::abs(w) && std::abs(w) < 3 * b / 2) return std::copysign(b, w);
  return 0;
}

/// Weights of which the largest is 1.25, so that the highest level is 1. Many have equal magnitudes.
std::vector<float> weights_to_divide() {
  std::vector<float> w = test::uniform(static_cast<int>(partition_weights), 21, -1.2f, 1.2f);
  for (std::size_t i = 0; i < w.size(); i += 3) w[i] = std::nearbyint(w[i] * 5) / 5 + 0.01f;
  w[100] = -1.25f;
  return w;
}

using divided_layer = test::single_layer<dense<partition_units, inq<5>>, incremental>;

divided_layer layer_of(const std::vector<float>& w) {
  divided_layer layer({1, 1, partition_inputs}, partition_images, wiring<real>{});
  layer.set("weights", w);
  return layer;
}

pass at_alpha(float alpha) { return {.mode = mode::train, .alpha = alpha}; }

std::vector<float> some_images() { return test::uniform(partition_inputs * partition_images, 22, -1, 1); }

/// The weights in the order in which they are frozen: the largest magnitudes first, then by their index.
std::vector<std::size_t> order_of(const std::vector<float>& w) {
  std::vector<std::size_t> order(w.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(-std::abs(w[a]), a) < std::pair(-std::abs(w[b]), b);
  });
  return order;
}

struct incremental_digits
    : model<image<1, 14, 14>, conv<8, scheme<pixels, inq<5>>, stride<2>>, batch_norm, relu,
            conv<12, scheme<real, inq<3>>>, batch_norm, relu, dense<10, scheme<real, inq<4>>>, batch_norm> {};
using incremental_network = network<incremental_digits, incremental>;

/// The weights of all layers of a network.
std::vector<std::vector<float>> all_weights(network_base& net) {
  std::vector<std::vector<float>> all;
  net.checkpoint_arrays([&](std::string_view, std::string_view name, std::span<float> values) {
    if (name == "weights") all.emplace_back(values.begin(), values.end());
  });
  return all;
}

std::vector<std::vector<float>> all_arrays(network_base& net) {
  std::vector<std::vector<float>> all;
  net.arrays([&](std::string_view, std::string_view, std::span<float> values) {
    all.emplace_back(values.begin(), values.end());
  });
  return all;
}

bool is_power_of_two_or_zero(float w) {
  int exponent;
  // All levels of these networks are larger than 2^-12. An update that nearly cancels a weight can leave a smaller power
  // of two that is no level.
  return w == 0 || (std::abs(w) > 0x1p-12f && std::abs(std::frexp(w, &exponent)) == 0.5f);
}

const dataset<std::uint8_t>& digits_to_learn() {
  static const auto data = test::small_digits(600, seed{5});
  return data;
}

}  // namespace

TEST_SUITE("estimate/incremental") {
  TEST_CASE("weights pass their gradient; they are floats until alpha is 1; alpha is the frozen fraction") {
    for (const float alpha : {0.0f, 0.5f, 1.0f}) {
      CHECK(incremental::slope(role::weights, alpha, 3.0f, false) == 1);
      CHECK(incremental::slope(role::inputs, alpha, 0.3f, true) == 1);
      CHECK(incremental::frozen_fraction(alpha) == alpha);
      CHECK(incremental::quantized_fraction(alpha) == (alpha == 1 ? 1 : 0));
      CHECK(incremental::learning_rate_scale(alpha) == 1);
    }
  }

  TEST_CASE("a training step freezes the fraction alpha, the largest first, at the levels of the formula") {
    const std::vector<float> w = weights_to_divide();
    const auto order = order_of(w);
    auto layer = layer_of(w);
    for (const float alpha : {0.0f, 0.5f, 0.75f, 0.6f, 0.875f, 1.0f}) {
      CAPTURE(alpha);
      const std::vector<float>& out = layer.forward(some_images(), at_alpha(alpha));
      const auto count = static_cast<std::size_t>(
          std::nearbyint((alpha == 0.6f ? 0.75 : alpha) * static_cast<double>(partition_weights)));
      const std::vector<float> found = layer.values()["weights"];
      std::vector<double> wanted(w.begin(), w.end());
      for (std::size_t i = 0; i < count; ++i) wanted[order[i]] = power_of(static_cast<double>(w[order[i]]));
      CHECK(test::widened(found) == wanted);
      // The forward pass multiplies the divided weights.
      const std::vector<float> x = some_images();
      for (std::size_t n = 0; n < partition_images; ++n)
        for (std::size_t f = 0; f < partition_units; ++f) {
          double sum = 0;
          for (std::size_t k = 0; k < partition_inputs; ++k)
            sum += static_cast<double>(x[n * partition_inputs + k]) * wanted[f * partition_inputs + k];
          CHECK_FALSE(std::abs(static_cast<double>(out[n * partition_units + f]) - sum) > 1e-5);
        }
    }
  }

  TEST_CASE("other passes freeze nothing, but at alpha 1 they use the levels of all weights") {
    const std::vector<float> w = weights_to_divide();
    auto layer = layer_of(w);
    for (const mode m : {mode::evaluate, mode::reestimate, mode::calibrate})
      for (const float alpha : {0.5f, 1.0f}) {
        const std::vector<float> x = some_images();
        const std::vector<float>& out = layer.forward(x, {.mode = m, .alpha = alpha});
        CHECK(layer.values()["weights"] == w);
        double sum = 0;
        for (std::size_t k = 0; k < partition_inputs; ++k) {
          const auto latent = static_cast<double>(w[k]);
          sum += static_cast<double>(x[k]) * (alpha == 1 ? power_of(latent) : latent);
        }
        CHECK(std::abs(static_cast<double>(out[0]) - sum) <= 1e-5);
      }
    (void)layer.forward(some_images(), {.mode = mode::train, .alpha = 0.5f, .requantize = false});
    const auto divided = layer.values()["weights"];
    CHECK(divided != w);
    (void)layer.forward(some_images(), {.mode = mode::train, .alpha = 1, .requantize = false});
    CHECK(layer.values()["weights"] == divided);
  }

  TEST_CASE("frozen weights do not move, whatever the gradient, the momentum and the weight decay; others do") {
    const auto check = [](auto optimizer) {
      network<incremental_digits, incremental> net{seed{3}};
      updater<decltype(optimizer)> update(optimizer);
      std::vector<std::vector<float>> frozen;
      int held = 0, others = 0, moved = 0;
      for (int step = 0; step < 12; ++step) {
        const float alpha = step < 4 ? 0.0f : step < 8 ? 0.5f : 0.75f;
        const pass p{.mode = mode::train, .alpha = alpha};
        net.take(digits_to_learn(), 20 * step, 20);
        const auto z = net.forward(p);
        const auto before = all_weights(net);
        if (step == 4 || step == 8) frozen = before;
        net.backward(test::uniform(static_cast<int>(z.size()), 30 + static_cast<std::uint64_t>(step), -3, 3), p);
        update.step(net, {step, 12, 12}, alpha, true);
        const auto after = all_weights(net);
        for (std::size_t l = 0; l < after.size(); ++l) {
          std::size_t count = 0;
          for (std::size_t i = 0; i < after[l].size(); ++i) {
            if (alpha > 0 && is_power_of_two_or_zero(before[l][i])) {
              ++count;
              held += after[l][i] == before[l][i];
              CHECK_FALSE(after[l][i] != before[l][i]);
              if (step > 4) CHECK_FALSE((is_power_of_two_or_zero(frozen[l][i]) && before[l][i] != frozen[l][i]));
            } else {
              ++others;
              moved += after[l][i] != before[l][i];
            }
          }
          CHECK(count == static_cast<std::size_t>(std::nearbyint(alpha * static_cast<double>(after[l].size()))));
        }
      }
      CHECK(held > 1000);
      CHECK(others > 1000);
      CHECK(moved > 0.999 * others);  // a very small step may round to nothing
    };
    check(sgd{.rate = 0.01f, .momentum = 0.9f, .weight_decay = 0.1f});
    check(adam{.rate = 0.01f, .weight_decay = 0.1f});
  }

  TEST_CASE("weights that are not frozen are updated as the weights of a float layer") {
    const std::vector<float> w = weights_to_divide(), x = some_images(),
                             g = test::uniform(partition_units * partition_images, 23, -1, 1);
    auto layer = layer_of(w);
    (void)layer.forward(x, at_alpha(0.5f));
    const std::vector<float> divided = layer.values()["weights"];
    test::single_layer<dense<partition_units, real>> floats({1, 1, partition_inputs}, partition_images, wiring<real>{});
    floats.set("weights", divided);
    (void)floats.forward(x);
    CHECK(layer.backward(g, at_alpha(0.5f)) == floats.backward(g));
    CHECK(layer.gradients()["weights"] == floats.gradients()["weights"]);
  }

  TEST_CASE("a run with INQ's schedule ends with powers of two, which the packed network holds exactly") {
    std::vector<std::vector<std::vector<float>>> results;
    for (const int count : {1, 2}) {
      set_threads(count);
      incremental_network net{seed{2}};
      fit(net, digits_to_learn(), adam{.rate = 1e-2f}, constant{0}, {.epochs = 2, .batch = 30});
      std::vector<std::vector<float>> frozen;
      float last = 0;
      fit(net, digits_to_learn(), adam{.rate = 3e-3f, .weight_decay = 1e-3f}, staircase{}, {.epochs = 4, .batch = 30},
          [&](const event& e, incremental_network& now) {
            const auto weights = all_weights(now);
            for (std::size_t l = 0; l < frozen.size(); ++l)
              for (std::size_t i = 0; i < weights[l].size(); ++i)
                CHECK_FALSE((is_power_of_two_or_zero(frozen[l][i]) && weights[l][i] != frozen[l][i]));
            if (e.alpha > last) frozen = weights;
            last = e.alpha;
          });
      CHECK(last == 1);
      for (const auto& layer : all_weights(net))
        CHECK(std::all_of(layer.begin(), layer.end(), is_power_of_two_or_zero));
      const auto held_out = test::small_digits(200, seed{6});
      CHECK(accuracy(net, held_out) > 0.6);
      CHECK(logits(net, held_out) == logits(pack(net), held_out));
      results.push_back(all_arrays(net));
    }
    set_threads(0);
    CHECK(results[0] == results[1]);
  }

  TEST_CASE("a run that stops and continues from its checkpoint ends with the same bits") {
    const data_files::folder folder;
    const auto run = [&](bool stops, bool resumes, const std::string& path) {
      incremental_network net{seed{4}};
      fit(net, digits_to_learn(), sgd{.rate = 0.05f, .momentum = 0.9f, .weight_decay = 1e-3f}, staircase{},
          {.epochs = 4, .batch = 60, .checkpoint = {.path = path, .every = 7, .resume = resumes}},
          [&](const event& e, incremental_network&) { return !(stops && e.step == 25); });
      return all_arrays(net);
    };
    const auto whole = run(false, false, folder.path("whole"));
    (void)run(true, false, folder.path("parts"));
    CHECK(run(false, true, folder.path("parts")) == whole);
  }

  TEST_CASE("a saved and loaded network keeps its frozen weights and their levels; copied weights are thawed") {
    const data_files::folder folder;
    incremental_network net{seed{5}};
    fit(net, digits_to_learn(), adam{.rate = 1e-2f}, constant{0.5f}, {.epochs = 1, .batch = 60});
    REQUIRE(write(folder.path("network").c_str(), net).ok());
    incremental_network other{seed{6}};
    REQUIRE(read(folder.path("network").c_str(), other).ok());
    const auto before = all_weights(net);
    for (incremental_network* one : {&net, &other}) {
      // One weight of each layer that is not frozen becomes the largest. The levels must not follow it.
      one->parameters([](std::string_view, const parameter& p) {
        if (p.name != "weights") return;
        const auto i = std::find_if_not(p.value.begin(), p.value.end(), is_power_of_two_or_zero);
        *i = 7;
      });
      fit(*one, digits_to_learn(), adam{.rate = 1e-2f}, constant{0.625f}, {.epochs = 1, .batch = 60});
      const auto after = all_weights(*one);
      for (std::size_t l = 0; l < after.size(); ++l)
        for (std::size_t i = 0; i < after[l].size(); ++i)
          CHECK_FALSE((is_power_of_two_or_zero(before[l][i]) && after[l][i] != before[l][i]));
    }
    CHECK(all_arrays(other) == all_arrays(net));

    copy_weights(net, other);
    net.take(digits_to_learn(), 0, 10);
    other.take(digits_to_learn(), 0, 10);
    (void)net.forward(at_alpha(0.625f));
    (void)other.forward(at_alpha(0));
    updater<sgd> update(sgd{.rate = 1, .weight_decay = 0.5f});
    other.backward(std::vector<float>(100), at_alpha(0));
    update.step(other, {0, 1, 1}, 0);
    const auto thawed = all_weights(other), copied = all_weights(net);
    for (std::size_t l = 0; l < thawed.size(); ++l)
      for (std::size_t i = 0; i < thawed[l].size(); ++i) CHECK_FALSE(thawed[l][i] != copied[l][i] / 2);
  }

  TEST_CASE("weights with a NaN or an infinity are refused, frozen or not") {
    for (const float bad : {test::nan, test::infinity}) {
      auto layer = layer_of(weights_to_divide());
      (void)layer.forward(some_images(), at_alpha(0.5f));
      std::vector<float> w = layer.values()["weights"];
      w[7] = bad;
      layer.set("weights", w);
      CHECK_THROWS_WITH(layer.forward(some_images(), at_alpha(0.5f)),
                        doctest::Contains("the weights hold a NaN or an infinity"));
    }
  }
}
