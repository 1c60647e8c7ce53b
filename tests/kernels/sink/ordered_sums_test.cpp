#include <minnow/kernels/sink/ordered_sums.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/kernels/sink/sink.hpp>

using namespace minnow;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();
constexpr float smallest = std::numeric_limits<float>::denorm_min();

std::vector<float> numbers(std::size_t count) {
  std::vector<float> result{0.0f, -0.0f, 1.0f, -1.0f, smallest, -smallest, largest, -largest, infinity, -infinity};
  minnow::random random{minnow::seed{3}};
  while (result.size() < count) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
    if (x == x) result.push_back(x);
  }
  result.resize(count);
  return result;
}

}  // namespace

TEST_SUITE("kernels/sink/ordered_sums") {
  TEST_CASE("integers rise with their floats, and come back as them") {
    auto x = numbers(3000);
    std::sort(x.begin(), x.end());
    for (std::size_t i = 0; i < x.size(); ++i) {
      CHECK(std::bit_cast<std::uint32_t>(kernels::from_ordered(kernels::ordered(x[i]))) ==
            std::bit_cast<std::uint32_t>(x[i]));
      CHECK(kernels::ordered(-x[i]) == ~kernels::ordered(x[i]));
      if (i > 0 && x[i - 1] < x[i]) CHECK(kernels::ordered(x[i - 1]) < kernels::ordered(x[i]));
    }
    CHECK(kernels::ordered(-0.0f) + 1 == kernels::ordered(0.0f));
  }

  TEST_CASE("a sink gets each sum once, on every architecture") {
    for (const int channels : {1, 16, 17, 32, 33, 64}) {
      const geometry g = window_over({5, 3, 2}, channels, {3, 3}, {1, 1}, {1, 1});
      const auto stride = static_cast<std::size_t>(kernels::sum_stride(channels));
      const auto sums = numbers(3 * 3 * stride);
      kernels::available_archs::for_each([&](auto arch) {
        std::vector<std::int32_t> found(sums.size(), -7);
        kernels::put_ordered<decltype(arch)>(g, sums.data(), 2, 5,
                                             kernels::sum_sink{found.data(), static_cast<int>(stride), 3, 2});
        for (std::size_t i = 0; i < sums.size(); ++i)
          CHECK(found[i] == (i % stride < static_cast<std::size_t>(channels) ? kernels::ordered(sums[i]) : 0));
      });
    }
  }

  TEST_CASE("rows are as many as fit, but one at least and all at most") {
    CHECK(kernels::cached_rows(window_over({32, 32, 3}, 64, {3, 3}, {1, 1}, {1, 1})) == 32);
    CHECK(kernels::cached_rows(window_over({224, 224, 3}, 64, {3, 3}, {1, 1}, {1, 1})) == 4);
    CHECK(kernels::cached_rows(window_over({8, 224, 3}, 2048, {3, 3}, {1, 1}, {1, 1})) == 1);
    CHECK(kernels::cached_bytes(window_over({32, 32, 3}, 33, {3, 3}, {1, 1}, {1, 1})) == 32 * 32 * 48 * 4);
  }
}
