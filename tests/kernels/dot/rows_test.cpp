#include <minnow/kernels/dot/rows/kernel.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <minnow/core/parallel.hpp>
#include <minnow/kernels/dot/rows/portable.hpp>

#include "kernels/dot/subjects.hpp"
#include "kernels/operands.hpp"

using namespace minnow;
using namespace test::operands;
using namespace test::dot_kernels;

namespace {

using kernels::detail::field_code_of;
static_assert(field_code_of<bit>().bits == 1 && field_code_of<ternary>().bits == 2 &&
              field_code_of<power2>().bits == 2 && field_code_of<power3>().bits == 4 &&
              field_code_of<nibble>().bits == 4);
static_assert(field_code_of<power4>().bits == 0, "codes up to 64 do not fit into 4 bits");

geometry rows_of(int rows, int inputs, int filters) {
  return window_over({rows, 1, inputs}, filters, {1, 1}, {1, 1}, {0, 0});
}

/// Checks all numbers of rows, at lengths around the steps of each field width.
template <class In, class Weights>
void check_lengths() {
  minnow::random random{minnow::seed{7}};
  constexpr int filters[] = {1, 7, 15, 16, 17, 31, 32, 33, 48, 63, 65, 100};
  int turn = 0;
  for (int inputs = 1; inputs <= 69; ++inputs)
    dot_operands<In, Weights>(rows_of(1, inputs, filters[turn++ % 12]), random).check();
  for (const int inputs : {1, 5, 16, 31, 33, 64, 95, 127, 130, 255, 260, 515})
    for (int rows = 1; rows <= 9; ++rows)
      dot_operands<In, Weights>(rows_of(rows, inputs, filters[turn++ % 12]), random).check();
  // Maps of a few pixels whose windows have several taps, with and without padding.
  dot_operands<In, Weights>(window_over({2, 3, 37}, 33, {2, 2}, {1, 1}, {0, 0}), random).check();
  dot_operands<In, Weights>(window_over({2, 2, 19}, 40, {3, 3}, {1, 1}, {1, 1}), random).check();
  dot_operands<In, Weights>(window_over({4, 2, 6}, 70, {3, 3}, {1, 1}, {1, 1}), random).check();
  dot_operands<In, Weights>(window_over({5, 6, 9}, 20, {3, 3}, {2, 3}, {1, 1}), random).check();
}

/// Checks products whose codes are all at the ends of their ranges, at the length `inputs`.
template <class In, class Weights>
void check_ends(int rows, int inputs, int filters) {
  constexpr bool is_number = In::storage == encoding::nibble || In::storage == encoding::byte;
  constexpr bool is_weight_number = Weights::storage == encoding::nibble;
  const int x = kernels::detail::largest_code<In>();
  const int w = kernels::detail::largest_code<Weights>();
  const geometry g = rows_of(rows, inputs, filters);
  for (const int input : {is_number ? x - 1 : x, is_unsigned(In::storage) ? 0 : -x})
    for (const int weight : {is_weight_number ? w - 1 : w, -w}) {
      const std::vector<std::int16_t> all(static_cast<std::size_t>(g.in.size()), static_cast<std::int16_t>(input));
      const std::vector<std::int16_t> weights(static_cast<std::size_t>(g.weights()), static_cast<std::int16_t>(weight));
      dot_operands<In, Weights>(g, all, weights).check();
    }
}

template <class In, class... Weights>
void check_all() {
  (check_lengths<In, Weights>(), ...);
  (check_ends<In, Weights>(1, 1031, 37), ...);
  (check_ends<In, Weights>(5, 300, 37), ...);
}

}  // namespace

TEST_SUITE("kernels/dot/rows") {
  // The fields do not depend on the inputs, and the unpacking of inputs does not depend on the weights. So it is enough
  // to test all weights with one kind of inputs, and all kinds of inputs with one or two kinds of weights.
  TEST_CASE("a few rows of 8-bit inputs equal the reference at all lengths") {
    check_all<byte_codes, bit, ternary, power2, power3, nibble>();
  }
  TEST_CASE("a few rows of unsigned 8-bit inputs equal the reference at all lengths") {
    check_all<unsigned_byte, bit, nibble>();
    check_all<pixel, ternary>();
  }
  TEST_CASE("a few rows of 4-bit and narrower inputs equal the reference at all lengths") {
    check_all<nibble, ternary>();
    check_all<unsigned_nibble, nibble>();
    check_all<power3, power3>();
  }

  TEST_CASE("a few rows are exact up to the longest K") {
    // With 1 and 2 bits, these lengths also take several periods of 32-bit sums of scaled fields.
    check_ends<byte_codes, bit>(1, kernels::dot_product<byte_codes, bit, kernels::best>::longest(), 1);
    check_ends<pixel, ternary>(1, kernels::dot_product<pixel, ternary, kernels::best>::longest(), 1);
    check_ends<unsigned_byte, nibble>(1, kernels::dot_product<unsigned_byte, nibble, kernels::best>::longest(), 2);
  }

  TEST_CASE("threads that share the filters give the same sums") {
    minnow::random random{minnow::seed{11}};
    const geometry g = rows_of(2, 1500, 333);
    const dot_operands<byte_codes, ternary> few(g, random);
    const dot_operands<byte_codes, byte_codes> bytes(rows_of(1, 1500, 333), random);
    minnow::set_threads(3);
    for (const int threads : {1, 2, 3, 50}) {
      CHECK(sums_of(subject_of<kernels::dot_product<byte_codes, ternary, kernels::best>>, g, few.inputs, few.weights, 2,
                    threads) == few.expected());
      CHECK(sums_of(subject_of<kernels::dot_product<byte_codes, byte_codes, kernels::best>>, bytes.g, bytes.inputs,
                    bytes.weights, 1, threads) == bytes.expected());
    }
    minnow::set_threads(0);
  }
}
