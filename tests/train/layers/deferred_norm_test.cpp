#include <minnow/train/layers/deferred_norm.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <minnow/estimate/aqe.hpp>
#include <minnow/quantize/integer.hpp>
#include <minnow/quantize/ternary.hpp>
#include <minnow/train/network.hpp>

#include "single_layer.hpp"

using namespace minnow;

namespace {

/// Compares a batch norm followed by a quantizer with a quantizer that computes the batch norm itself.
template <class Q>
void check(shape in, float alpha) {
  CAPTURE(in.channels);
  CAPTURE(alpha);
  constexpr int images = 5;
  const pass p{.mode = mode::train, .alpha = alpha};
  const auto x = test::uniform(images * in.size(), 1, -3, 2);
  const auto gamma = test::uniform(in.channels, 2, -2, 2);
  const auto grad_out = test::uniform(images * in.size(), 3);

  test::single_layer<batch_norm> norm(in, images), leaving(in, images, wiring<>{.next_applies_norm = true});
  test::single_layer<quantize<Q>, aqe> after(in, images);
  for (auto* one : {&norm, &leaving}) one->set("gamma", gamma);

  const auto y = norm.forward(x, p);
  const auto codes = after.forward(y, p);
  const auto grad_y = after.backward(grad_out, p);
  const auto grad_x = norm.backward(grad_y, p);

  (void)leaving.forward(x, p);
  REQUIRE(leaving.out().norm != nullptr);
  REQUIRE(leaving.out().data == leaving.in().data);
  std::vector<float> found(x.size()), grad_mid(x.size()), grad_in(x.size());
  activations out{found.data(), images, in};
  trainable<quantize<Q>, aqe> quantizer(in);
  quantizer.forward(leaving.out(), out, p);
  CHECK(found == codes);
  quantizer.backward(leaving.out(), out, grad_out.data(), grad_mid.data(), p);
  CHECK(grad_mid == grad_y);
  leaving.layer.backward(leaving.in(), leaving.out(), grad_mid.data(), grad_in.data(), p);
  // The sums of gradients have the same terms in the same order, but a compiler may fuse a multiplication with its
  // addition in only one of them.
  const auto near = [](const std::vector<float>& a, const std::vector<float>& b) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    return a.size() == b.size() && worst < 1e-5;
  };
  CHECK(near(grad_in, grad_x));
  for (const auto& [name, values] : norm.gradients()) CHECK(near(leaving.gradients()[name], values));
}

struct several : model<image<2, 4, 4>, conv<16, scheme<pixels, sign>>, batch_norm, conv<16, minw<1, 1>>, batch_norm,
                       conv<16, scheme<integer<8>, sign>>, batch_norm> {};

}  // namespace

TEST_SUITE("train/layers/deferred_norm") {
  TEST_CASE("a quantizer does the same to each number as a batch norm and it, forward and backward") {
    for (const shape in : {shape{6, 7, 16}, shape{4, 5, 3}, shape{1, 1, 33}})
      for (const float alpha : {0.0f, 0.5f, 1.0f}) {
        check<sign>(in, alpha);
        check<ternary<>>(in, alpha);
      }
  }

  TEST_CASE("a network defers what stands before a quantizer without a state, and that in training only") {
    network<several> net;
    std::fill_n(net.prepare(2).begin(), 2 * 32, 100.0f);
    const auto deferred = [&](const pass& p) {
      (void)net.forward(p);
      std::string result;
      std::size_t i = 0;
      net.visit([&](std::string_view path, auto&) {
        if (net.result(i++).norm != nullptr) result += std::string(path) + " ";
      });
      return result;
    };
    CHECK(deferred({.mode = mode::train}) == "1 ");
    CHECK(deferred({.mode = mode::evaluate}).empty());
  }
}
