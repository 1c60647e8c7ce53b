#include <minnow/train/layer_base.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/minnow.hpp>
#include <minnow/quantize/methods.hpp>

using namespace minnow;

// This namespace has a name because compilers report members of an unnamed namespace as unused if only a concept uses
// them.
namespace layer_base_test {

struct without_backward : layer_base {
  explicit without_backward(shape) {}
  void forward(const activations&, activations&, const pass&) override {}
};
struct complete : without_backward {
  using without_backward::without_backward;
  void backward(const activations&, const activations&, const float*, float*, const pass&) override {}
};
struct without_base {
  explicit without_base(shape) {}
  void forward(const activations&, activations&, const pass&) {}
  void backward(const activations&, const activations&, const float*, float*, const pass&) {}
};
struct template_instead : complete {
  using complete::complete;
  void arrays(auto&& visit) { visit("none", std::span<float>()); }
};
struct other_parameters : complete {
  using complete::complete;
  void start(auto) {}
};
struct join : join_base {
  join(shape, shape) {}
  void forward(const activations&, const activations&, activations&, const pass&) override {}
  void backward(const activations&, const float*, float*, float*, const pass&) override {}
};

static_assert(trainable_layer<complete> && detail::overrides_hooks<complete>);
static_assert(trainable_layer<join> && detail::overrides_hooks<join>);
static_assert(!trainable_layer<without_backward> && !trainable_layer<without_base> && !trainable_layer<int>);
static_assert(!detail::overrides_hooks<template_instead> && !detail::overrides_hooks<other_parameters>);
static_assert(detail::overrides_hooks<trainable<batch_norm>> &&
              detail::overrides_hooks<trainable<quantize<lsq<4>>, ste>> &&
              detail::overrides_hooks<trainable<conv<4, sign>, aqe>>);

/// A layer that counts the calls of its virtual functions and returns its input.
struct counted : same_shape {
  static constexpr text name() { return "counted"; }
};
inline std::map<std::string, int> calls;

struct small : model<features<4>, dense<3, minw<1, 1>>, batch_norm, counted, dense<2, minw<1, 1>>, batch_norm> {};

}  // namespace layer_base_test

namespace minnow {

template <>
class trainable<layer_base_test::counted> : public layer_base {
public:
  explicit trainable(shape) {}

  void start(minnow::random, initializer) override { count("start"); }
  void forward(const activations& in, activations& out, const pass&) override {
    count("forward");
    for (std::size_t i = 0; i < in.size(); ++i) out.data[i] = in.data[i];
  }
  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass&) override {
    count("backward");
    for (std::size_t i = 0; i < in.size(); ++i) grad_in[i] = grad_out[i];
  }
  void parameters(const parameter_visitor&) override { count("parameters"); }
  void arrays(const array_visitor& visit) override {
    count("arrays");
    visit("kept", kept_);
  }
  void statistics(const array_visitor&) override { count("statistics"); }
  std::span<const float> unsound_state() override {
    count("unsound_state");
    return {};
  }
  void weights_replaced() override { count("weights_replaced"); }
  bool increasing() const override {
    count("increasing");
    return true;
  }

private:
  static void count(const char* hook) { ++layer_base_test::calls[hook]; }

  std::vector<float> kept_{1};
};

template <>
class inferable<layer_base_test::counted> {
public:
  explicit inferable(shape in) : size_(in.size()) {}
  void run(const float* in, float* out) const noexcept {
    for (int i = 0; i < size_; ++i) out[i] = in[i];
  }

private:
  int size_;
};

}  // namespace minnow

using namespace layer_base_test;

TEST_SUITE("train/layer_base") {
  TEST_CASE("every hook is called when its docstring says") {
    const auto called = [](auto&& action) {
      calls.clear();
      action();
      return std::exchange(calls, {});
    };
    network<small> net, other;
    const dataset<float> data({1, 1, 4}, std::vector<float>(16, 0.5f), std::vector<int>(4, 1));

    CHECK(called([] { network<small> made; })["start"] == 1);
    auto step = called([&] {
      net.take(data, 0, 4);
      (void)net.forward({.mode = mode::train});
      net.backward(std::vector<float>(8, 0.25f), {.mode = mode::train});
    });
    CHECK(step["forward"] == 1);
    CHECK(step["backward"] == 1);
    CHECK(called([&] { copy_weights(net, other); })["weights_replaced"] == 1);
    reestimate_batch_norm(net, data);
    auto packing = called([&] { (void)pack(net); });
    CHECK(packing["arrays"] == 1);
    CHECK(packing["unsound_state"] == 1);
    CHECK(packing["increasing"] == 1);
    CHECK(called([&] { net.statistics([](std::string_view, std::string_view, std::span<float>) {}); })["statistics"] ==
          1);
    CHECK(called([&] {
            net.checkpoint_arrays([](std::string_view, std::string_view, std::span<float>) {});
          })["arrays"] == 1);
    CHECK(called([&] { net.parameters([](std::string_view, const parameter&) {}); })["parameters"] == 1);
  }

  TEST_CASE("a const network shows its arrays") {
    const network<small> net;
    std::size_t numbers = 0;
    net.arrays([&](std::string_view, std::string_view, std::span<const float> values) { numbers += values.size(); });
    CHECK(numbers > 12);
  }
}
