#include "minnow/gemm/float_transpose.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace {

/// Returns true if a matrix of these sizes and strides is transposed correctly and nothing is written between its rows.
template <class Arch>
bool transposes(int rows, int columns, int from_stride, int to_stride) {
  std::vector<float> from(static_cast<std::size_t>((rows - 1) * from_stride + columns));
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
  std::vector<float> to(static_cast<std::size_t>((columns - 1) * to_stride + rows), -1.f), expected = to;
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c)
      expected[static_cast<std::size_t>(c * to_stride + r)] = static_cast<float>(r * from_stride + c);
  }
  minnow::kernels::transpose<Arch>(from.data(), static_cast<std::size_t>(from_stride), rows, columns, to.data(),
                                   static_cast<std::size_t>(to_stride));
  return to == expected;
}

}  // namespace

TEST_SUITE("gemm/float_transpose") {
  TEST_CASE("rows become columns, at sizes around a vector") {
    for (const int rows : {1, 3, 4, 8, 15, 16, 17, 32, 40}) {
      for (const int columns : {1, 2, 4, 8, 15, 16, 17, 32, 65}) {
        CAPTURE(rows);
        CAPTURE(columns);
        CHECK(transposes<minnow::kernels::best>(rows, columns, columns + 3, rows + 5));
        CHECK(transposes<minnow::kernels::portable>(rows, columns, columns, rows));
      }
    }
  }
}
