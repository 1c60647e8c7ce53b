#include <minnow/kernels/xnor/xnor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <minnow/kernels/reference.hpp>
#include <minnow/kernels/sink/sink.hpp>

#include "kernels/codes.hpp"

namespace {

using minnow::encoding;
using minnow::geometry;
namespace kernels = minnow::kernels;
namespace test = minnow::test;

template <encoding In, encoding Weights>
void check_xnor(const geometry& g, minnow::random& random) {
  CAPTURE(g.in.height);
  CAPTURE(g.in.width);
  CAPTURE(g.in.channels);
  CAPTURE(g.out.channels);
  CAPTURE(g.kernel.height);
  CAPTURE(g.kernel.width);
  CAPTURE(g.stride.height);
  CAPTURE(g.stride.width);
  CAPTURE(g.padding.height);
  CAPTURE(g.padding.width);
  const auto inputs = test::packed_inputs<In>(g.in, test::random_codes<In>(g.in.size(), random));
  const auto weights = test::packed_weights<In, Weights>(g, test::random_codes<Weights>(g.weights(), random));
  const int row = g.out.width * kernels::sum_stride(g.out.channels);
  const auto size = static_cast<std::size_t>(g.out.height * row);

  std::vector<std::int32_t> expected(size);
  test::packed_bytes scratch(kernels::reference::scratch_bytes<In, Weights>(g));
  kernels::reference::product<In, Weights>(g, inputs.data(), weights.data(), expected.data(), scratch.data(), 0,
                                           g.out.height);

  const auto check_arch = [&](auto arch) {
    CAPTURE(arch.name());
    using product = kernels::xnor_product<kernels::operand<In>, kernels::operand<Weights>, decltype(arch)>;
    test::packed_bytes prepared(product::prepared_bytes(g));
    test::packed_bytes room(product::scratch_bytes(g));
    product::prepare(g, weights.data(), prepared.data());
    std::vector<std::int32_t> sums(size + 1, 77);
    const auto run = [&](int first, int last) {
      product::rows(g, {inputs.data(), weights.data(), prepared.data(), room.data()}, first, last,
                    kernels::sum_sink{sums.data(), kernels::sum_stride(g.out.channels), g.out.width, first});
    };
    run(0, g.out.height);
    CHECK(prepared.untouched_behind());
    CHECK(room.untouched_behind());
    CHECK(std::equal(expected.begin(), expected.end(), sums.begin()));
    CHECK_EQ(sums.back(), 77);

    // Checks that some of the rows, when computed alone, have the same sums as in the whole map.
    const int first = random.below(g.out.height);
    const int last = first + random.below(g.out.height - first + 1);
    std::fill(sums.begin(), sums.end(), 77);
    run(first, last);
    CHECK(std::equal(sums.begin(), sums.begin() + (last - first) * row, expected.begin() + first * row));
    CHECK_EQ(sums[static_cast<std::size_t>((last - first) * row)], 77);
  };
  kernels::available_archs::for_each(check_arch);
  check_arch(kernels::best{});
}

template <encoding In, encoding Weights>
void check_xnor_products() {
  minnow::random random{minnow::seed{31}};
  const auto between = [&](int low, int high) { return low + random.below(high - low + 1); };

  for (const int length : {1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 992, 993, 1024, 4099}) {
    for (const int filters : {1, 10, 16, 17, 32, 33}) {
      check_xnor<In, Weights>(minnow::dense_over({1, 1, length}, filters), random);
    }
    // Check several pixels without padding. All of them belong to one region (see kernels/region.hpp), because every
    // window is inside the image.
    check_xnor<In, Weights>(minnow::window_over({1, 7, length}, 17, {1, 1}, {1, 1}, {0, 0}), random);
  }
  for (const int channels : {1, 31, 32, 33, 63, 64, 65, 127, 128, 129}) {
    check_xnor<In, Weights>(minnow::window_over({5, 6, channels}, 40, {3, 3}, {1, 1}, {1, 1}), random);
  }
  for (int i = 0; i < 120;) {
    const minnow::extent kernel{between(1, 5), between(1, 5)};
    const minnow::extent padding{between(0, kernel.height), between(0, kernel.width)};
    const minnow::extent end_padding{between(0, kernel.height), between(0, kernel.width)};
    const minnow::shape in{between(1, 9), between(1, 9), between(1, 100)};
    const minnow::extent stride{between(1, 3), between(1, 3)};
    const int filters = between(1, 50);
    const geometry g = minnow::window_over(in, filters, kernel, stride, padding, end_padding);
    if (g.out.pixels() == 0) continue;
    check_xnor<In, Weights>(g, random);
    ++i;
  }
}

}  // namespace

TEST_SUITE("kernels/xnor/xnor") {
  TEST_CASE("bit x bit equals the reference on every architecture") {
    check_xnor_products<encoding::bit, encoding::bit>();
  }
  TEST_CASE("bit x ternary equals the reference on every architecture") {
    check_xnor_products<encoding::bit, encoding::ternary>();
  }
  TEST_CASE("ternary x bit equals the reference on every architecture") {
    check_xnor_products<encoding::ternary, encoding::bit>();
  }
  TEST_CASE("ternary x ternary equals the reference on every architecture") {
    check_xnor_products<encoding::ternary, encoding::ternary>();
  }

  TEST_CASE("sums reach both ends of their range") {
    const geometry g = minnow::dense_over({1, 1, 3000}, 16);
    const std::vector<std::int16_t> ones(3000, 1);
    std::vector<std::int16_t> codes(3000 * 16, -1);
    std::fill(codes.begin(), codes.begin() + 3000, std::int16_t{1});
    const auto check_ends = [&]<encoding In, encoding Weights>(auto arch) {
      CAPTURE(arch.name());
      using product = kernels::xnor_product<kernels::operand<In>, kernels::operand<Weights>, decltype(arch)>;
      const auto inputs = test::packed_inputs<In>(g.in, ones);
      const auto weights = test::packed_weights<In, Weights>(g, codes);
      test::packed_bytes prepared(product::prepared_bytes(g));
      test::packed_bytes room(product::scratch_bytes(g));
      product::prepare(g, weights.data(), prepared.data());
      std::int32_t sums[16];
      product::rows(g, {inputs.data(), weights.data(), prepared.data(), room.data()}, 0, 1,
                    kernels::sum_sink{sums, 16, 1, 0});
      CHECK_EQ(sums[0], 3000);
      CHECK_EQ(sums[15], -3000);
    };
    kernels::available_archs::for_each([&](auto arch) {
      check_ends.template operator()<encoding::bit, encoding::bit>(arch);
      check_ends.template operator()<encoding::ternary, encoding::ternary>(arch);
    });
  }
}
