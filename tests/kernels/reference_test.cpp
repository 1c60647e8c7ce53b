#include <minnow/kernels/reference.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "codes.hpp"
#include "reference_convolution.hpp"

namespace {

using minnow::encoding;
using minnow::geometry;
namespace kernels = minnow::kernels;
namespace test = minnow::test;

const geometry reference_shapes[] = {
    minnow::window_over({5, 6, 3}, 5, {3, 3}, {1, 1}, {1, 1}),
    minnow::window_over({7, 9, 33}, 17, {3, 2}, {2, 1}, {1, 1}),
    minnow::window_over({2, 3, 4}, 16, {5, 5}, {1, 2}, {2, 2}),
    minnow::window_over({1, 11, 2}, 33, {1, 4}, {1, 3}, {0, 3}),
    minnow::dense_over({1, 1, 65}, 10),
    minnow::window_over({5, 6, 19}, 19, {3, 3}, {1, 1}, {1, 1}, 19),
    minnow::window_over({4, 7, 6}, 33, {2, 3}, {1, 2}, {1, 1}, 3),
};

template <encoding In, encoding Weights, int InputBits = 3, int WeightBits = 3>
void check_reference(const geometry& g, minnow::random& random) {
  CAPTURE(static_cast<int>(In));
  CAPTURE(static_cast<int>(Weights));
  CAPTURE(g.in.channels);
  const auto x = test::random_codes<In, InputBits>(g.in.size(), random);
  const auto w = test::random_codes<Weights, WeightBits>(g.weights(), random);
  const auto inputs = test::packed_inputs<In, InputBits>(g.in, x);
  const auto weights = test::packed_weights<In, Weights, WeightBits>(g, w);
  const int stride = kernels::sum_stride(g.out.channels);
  const int row = g.out.width * stride;
  std::vector<kernels::sum<In, Weights>> sums(static_cast<std::size_t>(g.out.height * row), 77);
  test::packed_bytes scratch(kernels::reference::scratch_bytes<In, Weights>(g));

  // Compute in two parts, to check that each part reads the right rows.
  const int middle = g.out.height / 2;
  kernels::reference::product<In, Weights, InputBits, WeightBits>(g, inputs.data(), weights.data(), sums.data(),
                                                                  scratch.data(), 0, middle);
  kernels::reference::product<In, Weights, InputBits, WeightBits>(
      g, inputs.data(), weights.data(), sums.data() + middle * row, scratch.data(), middle, g.out.height);
  CHECK(scratch.untouched_behind());

  const test::exact_sums expected = test::exact_outputs(g, 1, x, w);
  const bool exact = minnow::is_integer(In) && minnow::is_integer(Weights);
  // There is one addition per input. Each rounds a partial sum that is at most the sum of the terms' magnitudes.
  const double rounding = exact ? 0 : g.inputs() * static_cast<double>(std::numeric_limits<float>::epsilon()) / 2;
  int wrong = 0;
  for (int pixel = 0; pixel < g.out.pixels(); ++pixel) {
    for (int f = 0; f < stride; ++f) {
      const auto sum = static_cast<double>(sums[static_cast<std::size_t>(pixel * stride + f)]);
      const auto i = static_cast<std::size_t>(pixel * g.out.channels + f);
      if (f >= g.out.channels) {
        wrong += sum != 0;
      } else {
        wrong += !(std::abs(sum - expected.exact[i]) <= rounding * expected.magnitude[i]);
      }
    }
  }
  CHECK_EQ(wrong, 0);
}

template <encoding In>
void check_reference_inputs() {
  minnow::random random{minnow::seed{21}};
  for (const geometry& g : reference_shapes) {
    check_reference<In, encoding::bit>(g, random);
    check_reference<In, encoding::ternary>(g, random);
    check_reference<In, encoding::power_of_two>(g, random);
    check_reference<In, encoding::nibble>(g, random);
    check_reference<In, encoding::byte>(g, random);
    check_reference<In, encoding::half>(g, random);
    check_reference<In, encoding::real>(g, random);
  }
}

}  // namespace

TEST_SUITE("kernels/reference") {
  TEST_CASE("bit inputs: sums equal a convolution of the codes") { check_reference_inputs<encoding::bit>(); }
  TEST_CASE("ternary inputs: sums equal a convolution of the codes") { check_reference_inputs<encoding::ternary>(); }
  TEST_CASE("power-of-two inputs: sums equal a convolution of the codes") {
    check_reference_inputs<encoding::power_of_two>();
  }
  TEST_CASE("nibble inputs: sums equal a convolution of the codes") { check_reference_inputs<encoding::nibble>(); }
  TEST_CASE("byte inputs: sums equal a convolution of the codes") { check_reference_inputs<encoding::byte>(); }
  TEST_CASE("pixel inputs: sums equal a convolution of the codes") { check_reference_inputs<encoding::pixel>(); }
  TEST_CASE("half inputs: sums stay within rounding of a convolution of the codes") {
    check_reference_inputs<encoding::half>();
  }
  TEST_CASE("real inputs: sums stay within rounding of a convolution of the codes") {
    check_reference_inputs<encoding::real>();
  }

  TEST_CASE("power-of-two codes of other widths") {
    minnow::random random{minnow::seed{22}};
    for (const geometry& g : reference_shapes) {
      check_reference<encoding::power_of_two, encoding::power_of_two, 2, 2>(g, random);
      check_reference<encoding::power_of_two, encoding::power_of_two, 4, 3>(g, random);
      check_reference<encoding::power_of_two, encoding::power_of_two, 3, 4>(g, random);
      check_reference<encoding::byte, encoding::power_of_two, 3, 4>(g, random);
    }
  }

  TEST_CASE("float sums are taken in the order of k with one rounding each") {
    minnow::random random{minnow::seed{23}};
    const geometry g = minnow::dense_over({1, 1, 257}, 16);
    const auto x = test::random_codes<encoding::real>(257, random);
    const auto w = test::random_codes<encoding::real>(257 * 16, random);
    const auto inputs = test::packed_inputs<encoding::real>(g.in, x);
    const auto weights = test::packed_weights<encoding::real, encoding::real>(g, w);
    test::packed_bytes scratch(kernels::reference::scratch_bytes<encoding::real, encoding::real>(g));
    float sums[16];
    kernels::reference::product<encoding::real, encoding::real>(g, inputs.data(), weights.data(), sums, scratch.data(),
                                                                0, 1);
    for (std::size_t f = 0; f < 16; ++f) {
      float expected = 0;
      for (std::size_t k = 0; k < 257; ++k) expected = std::fma(x[k], w[f * 257 + k], expected);
      CHECK_EQ(sums[f], expected);
    }
  }
}
