// Tests the names of version 0.1 that still compile: a program that uses them computes the same as with the current
// names.

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

#include <minnow/core/dataset.hpp>
#include <minnow/core/normalisation.hpp>
#include <minnow/fit/settle.hpp>
#include <minnow/io/drawn_digits.hpp>
#include <minnow/layers/channels.hpp>
#include <minnow/minnow.hpp>

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif

using namespace minnow;

namespace {

struct old_model : model<features<4>, dense<6, minw<1, 2>>, batch_norm, dense<2, minw<1, 1>>, batch_norm> {};

dataset<float> old_data() {
  std::vector<float> values;
  std::vector<int> labels;
  for (int i = 0; i < 40; ++i) {
    for (int k = 0; k < 4; ++k) values.push_back(static_cast<float>((i * 7 + k * 5) % 11) - 5);
    labels.push_back(i % 2);
  }
  return {{1, 1, 4}, values, labels};
}

}  // namespace

TEST_SUITE("fit/old_names") {
  TEST_CASE("old names are the present ones") {
    static_assert(std::is_same_v<untyped_network, network_base>);
    static_assert(std::is_same_v<stateless, quantizer_base> && std::is_same_v<plain_estimator, estimator_base>);
    static_assert(std::is_same_v<flat<old_model>, layer_graph<old_model>>);
    static_assert(std::is_same_v<normalisation, normalization>);
    static_assert(std::is_same_v<settle_options, reestimate_options>);
    static_assert(mode::settle == mode::reestimate);
    CHECK(drawn_digits(3).images == synthetic_digits(3).images);
    for (const auto& read :
         {+[] { (void)read_mnist(std::string("none")); }, +[] { (void)read_cifar10(std::string("none")); },
          +[] { (void)read_optdigits(std::string("none")); }, +[] { (void)read_npy(std::string("none")); }})
      CHECK_THROWS_AS(read(), error);
  }

  TEST_CASE("a run with old names is that with the present ones") {
    const auto data = old_data();
    network<old_model, aqe> old_net{seed{1}}, net{seed{1}};
    const normalisation n{.mean = {1, 2, 3, 4}, .stddev = {1, 2, 1, 2}};
    old_net.normalise(n);
    net.normalize(n);
    CHECK(old_net.input_normalisation().mean == net.input_normalization().mean);
    const auto old_run = fit(old_net, data, adam{}, constant{0.5f},
                             {.epochs = 2, .batch = 10, .validation = &data, .settle_batches = 0});
    const auto run = fit(net, data, adam{}, constant{0.5f},
                         {.epochs = 2, .batch = 10, .validation = &data, .batch_norm_batches = 0});
    CHECK(old_run.epochs.back().quantized == run.epochs.back().validation_accuracy);
    CHECK(old_run.epochs.back().blended == run.epochs.back().validation_accuracy_blended);
    CHECK(old_net.layer<"1">().unsettled() > 0);
    CHECK(old_net.layer<"1">().unsettled() == net.layer<"1">().stale_statistics());
    settle(old_net, data, {.batches = 2, .batch = 10});
    reestimate_batch_norm(net, data, {.batches = 2, .batch = 10});
    CHECK(old_net.layer<"1">().unsettled() == 0);
    CHECK(logits(old_net, data) == logits(net, data));
    CHECK_THROWS_WITH_AS(fit(net, data, adam{}, constant{1}, {.settle_batches = -1}),
                         "fit: expected batch_norm_batches of at least 0, found -1", error);
  }
}
