#include <minnow/kernels/mixed/table_index.hpp>

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "random_numbers.hpp"

using namespace minnow;

namespace {

/// Returns the sum that an index selects in the lookup table of the inputs 1, 3, 9, …. All sums of these inputs differ.
template <encoding Weights>
int sum_at(word at) {
  using layout = kernels::detail::table_index<Weights, 3>;
  int sum = 0;
  if constexpr (Weights == encoding::bit) {
    for (int j = 0, x = 1; j < layout::group; ++j, x *= 3) sum += (at >> j & 1u) != 0 ? x : -x;
  } else {
    const int v = static_cast<int>(at & 15u);
    // The index encodes v = 9 w0 + 3 w1 + w2, where w0, w1 and w2 are the weights of the inputs 1, 3 and 9. The loop
    // takes the weights from v, starting with w2.
    for (int left = (at & 16u) != 0 ? -v : v, j = layout::group; j-- > 0;) {
      const int digit = ((left + 1) % 3 + 3) % 3 - 1;
      left = (left - digit) / 3;
      sum += digit * (j == 0 ? 1 : j == 1 ? 3 : 9);
    }
  }
  return sum;
}

template <encoding Weights>
void check_table_index() {
  using layout = kernels::detail::table_index<Weights, 3>;
  minnow::random random{minnow::seed{3}};
  for (int present = 1; present <= layout::group; ++present) {
    const auto drawn = test::random_codes<Weights>(layout::group * 16, random);
    const std::vector<float> codes(drawn.begin(), drawn.end());
    word indices[16];
    layout::of_codes([&](int j) { return j < present ? codes.data() + j * 16 : nullptr; }, indices);
    for (std::size_t f = 0; f < 16; ++f) {
      int expected = 0;
      for (int j = 0, x = 1; j < layout::group; ++j, x *= 3) {
        const float code = codes[static_cast<std::size_t>(j) * 16 + f];
        expected += (j < present ? static_cast<int>(code) : Weights == encoding::bit ? -1 : 0) * x;
      }
      CHECK(sum_at<Weights>(indices[f]) == expected);
    }
  }
}

}  // namespace

TEST_SUITE("kernels/mixed/table_index") {
  TEST_CASE("codes of bits find their sum") { check_table_index<encoding::bit>(); }
  TEST_CASE("ternary codes find their sum") { check_table_index<encoding::ternary>(); }
}
