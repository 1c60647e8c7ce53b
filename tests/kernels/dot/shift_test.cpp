#include <minnow/kernels/dot/shift.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <minnow/kernels/reference.hpp>
#include <minnow/kernels/sink/sink.hpp>

#include "kernels/codes.hpp"

using namespace minnow;

namespace {

template <int Bits>
using power_of_two = kernels::operand<encoding::power_of_two, Bits>;

/// Returns all sums of a product, computed `together` rows at a time.
template <class Product>
std::vector<std::int32_t> shift_sums(const geometry& g, const test::packed_bytes& inputs,
                                     const test::packed_bytes& weights, int together) {
  const int stride = kernels::sum_stride(g.out.channels);
  std::vector<std::int32_t> sums(static_cast<std::size_t>(g.out.pixels() * stride), -7);
  test::packed_bytes prepared(Product::prepared_bytes(g));
  test::packed_bytes scratch(Product::scratch_bytes(g));
  Product::prepare(g, weights.data(), prepared.data());
  for (int first = 0; first < g.out.height; first += together)
    Product::rows(g, {inputs.data(), weights.data(), prepared.data(), scratch.data()}, first,
                  std::min(first + together, g.out.height), kernels::sum_sink{sums.data(), stride, g.out.width, 0});
  CHECK(scratch.untouched_behind());
  return sums;
}

template <int InputBits, int WeightBits>
void check_shift(const geometry& g, const std::vector<std::int16_t>& codes,
                 const std::vector<std::int16_t>& weight_codes) {
  constexpr encoding e = encoding::power_of_two;
  const auto inputs = test::packed_inputs<e, InputBits>(g.in, codes);
  const auto weights = test::packed_weights<e, e, WeightBits>(g, weight_codes);
  std::vector<std::int32_t> expected(static_cast<std::size_t>(g.out.pixels() * kernels::sum_stride(g.out.channels)));
  test::packed_bytes scratch(kernels::reference::scratch_bytes<e, e>(g));
  kernels::reference::product<e, e, InputBits, WeightBits>(g, inputs.data(), weights.data(), expected.data(),
                                                           scratch.data(), 0, g.out.height);
  using product = kernels::shift_product<power_of_two<InputBits>, power_of_two<WeightBits>>;
  CAPTURE(g.in.channels);
  CAPTURE(g.out.channels);
  CHECK(shift_sums<product>(g, inputs, weights, g.out.height) == expected);
  CHECK(shift_sums<product>(g, inputs, weights, 2) == expected);
}

template <int InputBits, int WeightBits>
void check_shift_pair() {
  constexpr encoding e = encoding::power_of_two;
  minnow::random random{minnow::seed{23}};
  for (const geometry& g :
       {window_over({5, 6, 33}, 18, {3, 3}, {1, 1}, {1, 1}), window_over({7, 5, 3}, 33, {5, 2}, {2, 1}, {0, 1}),
        window_over({4, 4, 64}, 16, {2, 2}, {2, 3}, {1, 2}), dense_over({1, 1, 65}, 10), dense_over({1, 1, 1}, 1)}) {
    const auto inputs = static_cast<std::size_t>(g.in.size());
    const auto weights = static_cast<std::size_t>(g.weights());
    check_shift<InputBits, WeightBits>(g, test::random_codes<e, InputBits>(g.in.size(), random),
                                       test::random_codes<e, WeightBits>(g.weights(), random));
    const auto x = static_cast<std::int16_t>(1 << (kernels::magnitudes(InputBits) - 1));
    const auto w = static_cast<std::int16_t>(1 << (kernels::magnitudes(WeightBits) - 1));
    for (const int sign : {1, -1})
      check_shift<InputBits, WeightBits>(g, std::vector<std::int16_t>(inputs, static_cast<std::int16_t>(sign * x)),
                                         std::vector<std::int16_t>(weights, w));
  }
}

}  // namespace

TEST_SUITE("kernels/dot/shift") {
  TEST_CASE("shifted sums equal the products of the reference, for all pairs of bits") {
    check_shift_pair<2, 2>();
    check_shift_pair<2, 3>();
    check_shift_pair<2, 4>();
    check_shift_pair<3, 2>();
    check_shift_pair<3, 3>();
    check_shift_pair<3, 4>();
    check_shift_pair<4, 2>();
    check_shift_pair<4, 3>();
    check_shift_pair<4, 4>();
  }

  TEST_CASE("says its name and its architecture") {
    using product = kernels::shift_product<power_of_two<3>, power_of_two<3>>;
    CHECK(std::string(product::name(geometry{})) == "shift");
    CHECK(std::string(product::arch_name(geometry{})) == "portable");
  }
}
