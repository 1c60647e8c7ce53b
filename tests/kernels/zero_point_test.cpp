#include <minnow/kernels/product.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <minnow/kernels/sink/sum_sink.hpp>

#include "kernels/codes.hpp"
#include "kernels/operands.hpp"
#include "reference_convolution.hpp"

using namespace minnow;
using namespace test::operands;

// This namespace has a name because the tests of a folder are compiled in one file.
namespace zero_point_test {

/// The architectures that have their own kernel of dot products.
using dot_archs = kernels::archs<kernels::portable>::add<xsimd::sse2>::add<xsimd::ssse3>::add<xsimd::avx2>::add<
    xsimd::avxvnni>::add<xsimd::avx512bw>::add<kernels::detail::widest_avx512>::add<xsimd::neon64>;

/// The lowest and the highest architecture.
using outer = kernels::archs<kernels::portable>::add<kernels::best>;

/// Checks sums of (byte - zero) · weight over the taps inside the image, for random bytes and weights, against plain
/// loops.
template <bool Grouped, class In, class Weights, class Archs>
void check(const geometry& g, int zero) {
  minnow::random random{seed{static_cast<std::uint64_t>(zero + g.in.channels)}};
  const auto x = test::random_codes<In::storage, In::bits>(g.in.size(), random);
  const auto w = test::random_codes<Weights::storage, Weights::bits>(g.weights(), random);
  const auto inputs = test::packed_inputs<In::storage, In::bits>(g.in, x);
  const auto weights = test::packed_weights<In::storage, Weights::storage, Weights::bits>(g, w);
  const int stride = kernels::sum_stride(g.out.channels);
  std::vector<std::int32_t> expected(static_cast<std::size_t>(g.out.pixels() * stride));
  for (int y = 0; y < g.out.height; ++y)
    for (int column = 0; column < g.out.width; ++column)
      for (int f = 0; f < g.out.channels; ++f)
        test::for_each_factor(g, 0, y, column, f, [&](std::size_t input, std::size_t weight) {
          expected[static_cast<std::size_t>((y * g.out.width + column) * stride + f)] +=
              (static_cast<int>(x[input]) - zero) * static_cast<int>(w[weight]);
        });
  Archs::for_each([&](auto arch) {
    CAPTURE(std::string(kernels::arch_name<decltype(arch)>()));
    CAPTURE(zero);
    CAPTURE(g.in.channels);
    CAPTURE(g.out.channels);
    CAPTURE(g.groups);
    using product = kernels::product_of<Grouped, In, Weights, decltype(arch)>;
    test::packed_bytes prepared(product::prepared_bytes(g)), scratch(product::scratch_bytes(g));
    product::prepare(g, weights.data(), prepared.data(), zero);
    for (const int together : {g.out.height, 2}) {
      std::vector<std::int32_t> found(expected.size());
      for (int first = 0; first < g.out.height; first += together)
        product::rows(g, kernels::operands{inputs.data(), weights.data(), prepared.data(), scratch.data(), zero}, first,
                      std::min(first + together, g.out.height),
                      kernels::sum_sink{found.data() + static_cast<std::ptrdiff_t>(first) * g.out.width * stride,
                                        stride, g.out.width, first});
      CHECK(found == expected);
    }
  });
}

template <class In, class Weights, class Archs>
void check_shapes(std::initializer_list<int> zeros) {
  for (const int zero : zeros) {
    check<false, In, Weights, Archs>(dense_over({1, 1, 70}, 37), zero);
    check<false, In, Weights, Archs>(window_over({5, 6, 3}, 17, {3, 3}, {1, 1}, {1, 1}), zero);
    check<false, In, Weights, Archs>(window_over({7, 5, 36}, 65, {5, 3}, {2, 1}, {2, 1}), zero);
    check<false, In, Weights, Archs>(window_over({1, 1, 9}, 33, {3, 3}, {1, 1}, {1, 1}), zero);
    check<true, In, Weights, Archs>(window_over({5, 6, 33}, 33, {3, 3}, {1, 1}, {1, 1}, 33), zero);
    check<true, In, Weights, Archs>(window_over({6, 5, 12}, 8, {3, 3}, {2, 2}, {1, 1}, 4), zero);
    check<true, In, Weights, Archs>(window_over({4, 4, 64}, 64, {5, 2}, {1, 1}, {2, 1}, 2), zero);
  }
}

}  // namespace zero_point_test

TEST_SUITE("kernels/zero_point") {
  TEST_CASE("bytes with a zero point by integer weights, at borders too: the sums of plain loops") {
    zero_point_test::check_shapes<unsigned_byte, byte_codes, zero_point_test::dot_archs>({0, 1, 128, 255});
    zero_point_test::check_shapes<unsigned_byte, nibble, zero_point_test::outer>({77});
    zero_point_test::check_shapes<unsigned_nibble, byte_codes, zero_point_test::outer>({8, 15});
    zero_point_test::check_shapes<unsigned_nibble, nibble, zero_point_test::outer>({7});
  }
  TEST_CASE("bytes with a zero point by weights in bit planes: the sums of plain loops") {
    zero_point_test::check_shapes<unsigned_byte, bit, zero_point_test::outer>({131});
    zero_point_test::check_shapes<unsigned_byte, ternary, zero_point_test::outer>({255});
    zero_point_test::check_shapes<unsigned_nibble, power3, zero_point_test::outer>({3});
  }
}
