#include <minnow/kernels/product.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "codes.hpp"
#include "operands.hpp"
#include "reference_convolution.hpp"

using namespace minnow;
using namespace test::operands;

namespace {

/// Returns all sums of a map, computed `together` rows at a time.
template <class Product>
std::vector<typename Product::sum_type> sums_of(const geometry& g, const test::packed_bytes& inputs,
                                                const test::packed_bytes& weights, int together) {
  test::packed_bytes prepared(Product::prepared_bytes(g));
  test::packed_bytes scratch(Product::scratch_bytes(g));
  Product::prepare(g, weights.data(), prepared.data());
  const std::size_t row =
      static_cast<std::size_t>(g.out.width) * static_cast<std::size_t>(kernels::sum_stride(g.out.channels));
  std::vector<typename Product::sum_type> sums(row * static_cast<std::size_t>(g.out.height),
                                               typename Product::sum_type{-7});
  const kernels::operands operands{inputs.data(), weights.data(), prepared.data(), scratch.data()};
  for (int first = 0; first < g.out.height; first += together) {
    auto* to = sums.data() + static_cast<std::size_t>(first) * row;
    const int last = std::min(first + together, g.out.height);
    if constexpr (std::is_same_v<typename Product::sum_type, float>)
      Product::rows(g, operands, first, last, kernels::float_sink{to});
    else
      Product::rows(g, operands, first, last,
                    kernels::sum_sink{to, kernels::sum_stride(g.out.channels), g.out.width, first});
  }
  return sums;
}

template <class In, class Weights>
void check_dispatch() {
  using sum = kernels::sum<In::storage, Weights::storage>;
  for (const geometry& g : {window_over({5, 6, 33}, 18, {3, 3}, {1, 1}, {1, 1}),
                            window_over({7, 5, 3}, 33, {5, 2}, {2, 1}, {0, 1}), dense_over({1, 1, 65}, 10)}) {
    minnow::random random{minnow::seed{7}};
    const auto codes = test::random_codes<In::storage, In::bits>(g.in.size(), random);
    const auto weight_codes = test::random_codes<Weights::storage, Weights::bits>(g.weights(), random);
    const auto inputs = test::packed_inputs<In::storage, In::bits>(g.in, codes);
    const auto weights = test::packed_weights<In::storage, Weights::storage, Weights::bits>(g, weight_codes);
    const test::exact_sums exact = test::exact_outputs(g, 1, codes, weight_codes);
    const auto stride = static_cast<std::size_t>(kernels::sum_stride(g.out.channels));
    kernels::available_archs::for_each([&](auto arch) {
      using product = kernels::product<In, Weights, decltype(arch)>;
      static_assert(std::is_same_v<typename product::sum_type, sum>);
      const auto found = sums_of<product>(g, inputs, weights, g.out.height);
      CHECK(sums_of<product>(g, inputs, weights, 2) == found);
      bool equal = true;
      for (std::size_t i = 0; i < exact.exact.size(); ++i) {
        const std::size_t pixel = i / index(g.out.channels);
        const double s = static_cast<double>(found[pixel * stride + i % index(g.out.channels)]);
        // Integer sums are exact. Float sums have one rounding per input, each of at most 2^-24 of the sum of the
        // terms' magnitudes.
        const double bound = std::is_same_v<sum, float> ? g.inputs() * 0x1p-24 * exact.magnitude[i] : 0.0;
        equal = equal && std::abs(s - exact.exact[i]) <= bound;
      }
      CHECK(equal);
    });
  }
}

}  // namespace

// Each kernel has its own test of all its pairs of operands. This test checks, for one pair of operands of each kernel,
// that the selected kernel gives correct sums.
TEST_SUITE("kernels/product") {
  TEST_CASE("1 and 2 bits") { check_dispatch<bit, ternary>(); }
  TEST_CASE("other integers") {
    check_dispatch<ternary, power3>();
    check_dispatch<power3, power3>();
    check_dispatch<pixel, bit>();
    check_dispatch<byte_codes, nibble>();
  }
  TEST_CASE("floats by codes, codes by floats, floats by floats") {
    check_dispatch<half_floats, bit>();
    check_dispatch<real_floats, power3>();
    check_dispatch<ternary, half_floats>();
    check_dispatch<real_floats, real_floats>();
  }

  TEST_CASE("sums of floats reach other sinks as integers, a part of a large map at a time") {
    const geometry g = window_over({70, 50, 3}, 17, {3, 3}, {1, 1}, {1, 1});
    REQUIRE(kernels::cached_rows(g) < 68);
    minnow::random random{minnow::seed{7}};
    const auto inputs =
        test::packed_inputs<encoding::real, 3>(g.in, test::random_codes<encoding::real, 3>(g.in.size(), random));
    const auto weights = test::packed_weights<encoding::real, encoding::bit, 3>(
        g, test::random_codes<encoding::bit, 3>(g.weights(), random));
    const int stride = kernels::sum_stride(g.out.channels);
    kernels::available_archs::for_each([&](auto arch) {
      using product = kernels::product<real_floats, bit, decltype(arch)>;
      const auto sums = sums_of<product>(g, inputs, weights, g.out.height);
      test::packed_bytes prepared(product::prepared_bytes(g));
      test::packed_bytes scratch(product::scratch_bytes(g));
      product::prepare(g, weights.data(), prepared.data());
      std::vector<std::int32_t> found(sums.size(), -7);
      product::rows(g, {inputs.data(), weights.data(), prepared.data(), scratch.data()}, 0, 1,
                    kernels::sum_sink{found.data(), stride, g.out.width, 0});
      product::rows(g, {inputs.data(), weights.data(), prepared.data(), scratch.data()}, 1, g.out.height,
                    kernels::sum_sink{found.data(), stride, g.out.width, 0});
      std::vector<float> as_floats(found.size());
      std::transform(found.begin(), found.end(), as_floats.begin(), kernels::from_ordered);
      CHECK(as_floats == sums);
    });
  }

  TEST_CASE("every kernel says its name and its architecture") {
    CHECK(std::string(kernels::product<bit, ternary, kernels::portable>::name(geometry{})) == "xnor");
    CHECK(std::string(kernels::product<bit, ternary, kernels::portable>::arch_name(geometry{})) == "portable");
    const geometry g = dense_over({1, 1, 64}, 16);
    CHECK(std::string(kernels::product<power3, power3, kernels::portable>::name(g)) == "shift");
    CHECK(std::string(kernels::product<byte_codes, byte_codes, kernels::portable>::name(g)) == "dot");
    CHECK(std::string(kernels::product<half_floats, power3, kernels::portable>::name(g)) == "shift adder");
    CHECK(std::string(kernels::product<real_floats, real_floats, kernels::best>::name(g)) == "mac");
  }
}
