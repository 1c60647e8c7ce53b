#include <minnow/kernels/dot/dot.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <minnow/kernels/reference.hpp>
#include <minnow/kernels/sink/sink.hpp>

#include "kernels/codes.hpp"
#include "kernels/dot/subjects.hpp"
#include "kernels/operands.hpp"
#include "reference_convolution.hpp"

using namespace minnow;
using namespace test::operands;
using namespace test::dot_kernels;

namespace {

// longest() is the largest number of inputs K for which 2 · K · (largest input) · (largest weight) is below 2^31. The
// largest magnitude is 128 for signed bytes, and 255 for pixels and unsigned bytes.
static_assert(kernels::dot_product<byte_codes, byte_codes, kernels::portable>::longest() == 65535);
static_assert(kernels::dot_product<pixel, byte_codes, kernels::portable>::longest() == 32896);
static_assert(kernels::dot_product<unsigned_byte, byte_codes, kernels::portable>::longest() == 32896);
static_assert(kernels::detail::pairs_fit_16_bits<byte_codes, power4> &&
              kernels::detail::pairs_fit_16_bits<power4, byte_codes> &&
              !kernels::detail::pairs_fit_16_bits<byte_codes, byte_codes> &&
              !kernels::detail::pairs_fit_16_bits<pixel, byte_codes> &&
              kernels::detail::pairs_fit_16_bits<unsigned_nibble, byte_codes> &&
              !kernels::detail::pairs_fit_16_bits<unsigned_byte, byte_codes>);

template <class In, class Weights>
void check_shapes() {
  minnow::random random{minnow::seed{3}};
  const auto below = [&](int n) { return random.below(n); };
  for (const int channels : {1, 3, 4, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129, 300}) {
    const int filters[] = {1, 7, 16, 17, 31, 32, 33, 64, 65, 100};
    dot_operands<In, Weights>(dense_over({1, 1, channels}, filters[below(10)]), random).check();
    dot_operands<In, Weights>(window_over({3, 3 + below(3), channels}, filters[below(10)], {3, 3}, {1, 1}, {1, 1}),
                              random)
        .check();
  }
  for (const int filters : {1, 7, 16, 17, 31, 32, 33, 64, 65}) {
    dot_operands<In, Weights>(window_over({2, 9, 35}, filters, {2, 3}, {1, 1}, {0, 1}), random).check();
    dot_operands<In, Weights>(window_over({1, 40, 6}, filters, {1, 1}, {1, 1}, {0, 0}), random).check();
    dot_operands<In, Weights>(dense_over({1, 1, 70}, filters), random).check();
  }
  for (int i = 0; i < 12;) {
    const shape in{1 + below(9), 1 + below(12), 1 + below(40)};
    const extent kernel{1 + below(5), 1 + below(5)};
    const extent padding{below(3), below(3)}, end_padding{below(3), below(3)};
    const geometry g = window_over(in, 1 + below(80), kernel, {1 + below(3), 1 + below(3)}, padding, end_padding);
    if (g.out.pixels() == 0) continue;
    dot_operands<In, Weights>(g, random).check();
    ++i;
  }
  // Check windows of several elements on maps that have a single output pixel or a single input pixel.
  dot_operands<In, Weights>(window_over({2, 3, 37}, 20, {2, 3}, {1, 1}, {0, 0}), random).check();
  dot_operands<In, Weights>(window_over({1, 1, 37}, 70, {3, 3}, {1, 1}, {1, 1}), random).check();
}

/// Checks products whose codes are all at the ends of their ranges, in all four combinations of ends.
template <class In, class Weights>
void check_extremes() {
  const int x = kernels::detail::largest_code<In>();
  const int w = kernels::detail::largest_code<Weights>();
  constexpr bool is_number = In::storage == encoding::nibble || In::storage == encoding::byte;
  constexpr bool is_weight_number = Weights::storage == encoding::nibble || Weights::storage == encoding::byte;
  for (const int input : {is_number ? x - 1 : x, is_unsigned(In::storage) ? 0 : -x})
    for (const int weight : {is_weight_number ? w - 1 : w, -w})
      for (const geometry& g : {dense_over({1, 1, 515}, 37), window_over({4, 5, 131}, 65, {3, 3}, {1, 1}, {1, 1})}) {
        dot_operands<In, Weights>(
            g, std::vector<std::int16_t>(static_cast<std::size_t>(g.in.size()), static_cast<std::int16_t>(input)),
            std::vector<std::int16_t>(static_cast<std::size_t>(g.weights()), static_cast<std::int16_t>(weight)))
            .check();
      }
}

template <class In, class Weights>
void check_pair() {
  check_shapes<In, Weights>();
  check_extremes<In, Weights>();
}

/// Checks one kind of inputs with several kinds of weights.
template <class In, class... Weights>
void check_pairs() {
  (check_pair<In, Weights>(), ...);
}

/// Computes codes from sums: counts the thresholds that each sum reaches, takes the maximum or minimum over a window,
/// and packs.
template <encoding E, int Count>
test::packed_bytes packed_codes(const geometry& pool, const std::vector<std::int32_t>& sums,
                                const kernels::threshold_rows& t) {
  const int channels = pool.out.channels;
  const auto index_at = [&](int y, int x, int c) {
    const int sum =
        sums[static_cast<std::size_t>((y * pool.in.width + x) * kernels::sum_stride(channels) + c)] ^ t.flip[c];
    int index = 0;
    for (int k = 0; k < Count; ++k) index += sum >= t.values[k * t.stride + c] ? 1 : 0;
    return index;
  };
  std::vector<std::int16_t> codes;
  for (int y = 0; y < pool.out.height; ++y)
    for (int x = 0; x < pool.out.width; ++x)
      for (int c = 0; c < channels; ++c) {
        int index = t.smallest[c] != 0 ? Count : 0;
        test::for_each_tap(pool, y, x, [&](int row, int column, int) {
          const int one = index_at(row, column, c);
          index = t.smallest[c] != 0 ? std::min(index, one) : std::max(index, one);
        });
        if constexpr (is_planes(E))
          codes.push_back(static_cast<std::int16_t>(kernels::rising_codes<E, 3>()[static_cast<std::size_t>(index)]));
        else codes.push_back(static_cast<std::int16_t>(is_unsigned(E) ? index : index - Count / 2));
      }
  return test::packed_inputs<E>(pool.out, codes);
}

template <class In, class Weights, encoding E, int Count>
void check_codes(const geometry& g, extent window, minnow::random& random) {
  const dot_operands<In, Weights> data(g, random);
  const auto sums = data.expected();
  const geometry pool = window_over(g.out, g.out.channels, window, window, {0, 0});
  const int sum_stride = kernels::sum_stride(g.out.channels);
  const int stride = 32 * kernels::channel_words(g.out.channels);
  std::vector<std::int32_t> values(static_cast<std::size_t>(stride * Count));
  std::vector<std::int32_t> flip(static_cast<std::size_t>(stride));
  std::vector<std::int32_t> smallest(flip);
  for (int c = 0; c < g.out.channels; ++c) {
    // Use some of the sums as thresholds, so that equality occurs.
    const bool turns = random.below(2) != 0;
    std::vector<std::int32_t> some(Count);
    for (auto& s : some) {
      s = sums[index(random.below(g.out.pixels()) * sum_stride + c)];
      if (turns) s = ~s;
    }
    std::sort(some.begin(), some.end());
    for (int k = 0; k < Count; ++k)
      values[static_cast<std::size_t>(k * stride + c)] = some[static_cast<std::size_t>(k)];
    flip[static_cast<std::size_t>(c)] = turns ? -1 : 0;
    smallest[static_cast<std::size_t>(c)] = turns && random.below(2) != 0 ? -1 : 0;
  }
  const kernels::threshold_rows thresholds{values.data(), flip.data(), smallest.data(), stride};
  const auto expected = packed_codes<E, Count>(pool, sums, thresholds);
  using sink = kernels::code_sink<E, 3, Count>;
  dot_archs::for_each([&](auto arch) {
    using product = kernels::dot_product<In, Weights, decltype(arch)>;
    for (const int together : {g.out.height, 3}) {
      test::packed_bytes map(kernels::input_bytes<E>(pool.out));
      std::vector<std::uint32_t> waiting(sink::waiting_words(pool));
      const sink codes{thresholds, pool, map.data(), waiting.data()};
      put_rows(subject_of<product>, g, data.inputs, data.weights, together,
               [&](const kernels::operands& o, int first, int last) { product::rows(g, o, first, last, codes); });
      const std::string name = kernels::arch_name<decltype(arch)>();
      CAPTURE(name);
      CAPTURE(g.out.channels);
      CHECK(std::equal(map.data(), map.data() + map.size(), expected.data()));
      CHECK(map.untouched_behind());
    }
  });
}

}  // namespace

TEST_SUITE("kernels/dot/dot") {
  // Unpacking of inputs does not depend on the weights, and decoding of weights does not depend on the inputs. So it is
  // enough to test every kind of weights with both kinds of bytes, and every kind of inputs with two or three kinds of
  // weights.
  TEST_CASE("8-bit inputs by all weights equal the reference on every architecture") {
    check_pairs<byte_codes, bit, ternary, power2, power3, power4, nibble, byte_codes>();
  }
  TEST_CASE("pixels by all weights equal the reference on every architecture") {
    check_pairs<pixel, bit, ternary, power2, power3, power4, nibble, byte_codes>();
  }
  TEST_CASE("unsigned inputs equal the reference on every architecture") {
    check_pairs<unsigned_byte, bit, nibble, byte_codes>();
    check_pairs<unsigned_nibble, nibble, byte_codes>();
  }
  TEST_CASE("inputs of 1 to 3 bits by wider weights equal the reference on every architecture") {
    check_pairs<bit, power3, byte_codes>();
    check_pairs<ternary, power4, nibble>();
    check_pairs<power2, bit, power2>();
    check_pairs<power3, ternary, power3>();
  }
  TEST_CASE("inputs of 4 bits equal the reference on every architecture") {
    check_pairs<power4, power4, byte_codes>();
    check_pairs<nibble, bit, nibble>();
  }

  TEST_CASE("one row over many filters and many pieces of K, and many rows") {
    minnow::random random{minnow::seed{5}};
    dot_operands<byte_codes, nibble>(dense_over({1, 1, 1031}, 130), random).check();
    dot_operands<power3, power3>(dense_over({1, 1, 1031}, 130), random).check();
    dot_operands<byte_codes, ternary>(dense_over({1, 1, 1031}, 130), random).check();
    dot_operands<byte_codes, byte_codes>(window_over({1, 300, 40}, 130, {1, 1}, {1, 1}, {0, 0}), random).check();
    dot_operands<power3, power3>(window_over({300, 1, 40}, 130, {1, 1}, {1, 1}, {0, 0}), random).check();
  }

  TEST_CASE("sums are exact up to the longest K") {
    const geometry g = dense_over({1, 1, kernels::dot_product<pixel, byte_codes, kernels::best>::longest()}, 3);
    for (const int sign : {1, -1}) {
      const std::vector<std::int16_t> largest(static_cast<std::size_t>(g.in.size()), 255);
      std::vector<std::int16_t> weights(static_cast<std::size_t>(g.weights()),
                                        static_cast<std::int16_t>(sign > 0 ? 127 : -128));
      weights[1] = 126;
      dot_operands<pixel, byte_codes>(g, largest, weights).check();
    }
  }

  TEST_CASE("thresholds compare as they would with the sums, with and without a pool") {
    minnow::random random{minnow::seed{17}};
    for (const int filters : {5, 16, 33, 64, 80}) {
      const geometry same = window_over({7, 9, 19}, filters, {3, 3}, {1, 1}, {1, 1});
      const geometry dense = dense_over({1, 1, 70}, filters);
      for (const extent window : {extent{1, 1}, extent{2, 2}}) {
        check_codes<byte_codes, byte_codes, encoding::bit, 1>(same, window, random);
        check_codes<pixel, nibble, encoding::ternary, 2>(same, window, random);
        check_codes<pixel, byte_codes, encoding::byte, 14>(same, window, random);
        check_codes<unsigned_nibble, nibble, encoding::unsigned_nibble, 15>(same, window, random);
        check_codes<power3, power3, encoding::power_of_two, 6>(same, window, random);
      }
      check_codes<power3, power3, encoding::power_of_two, 6>(dense, {1, 1}, random);
    }
  }

  TEST_CASE("every kernel says its name and its architecture") {
    using both = kernels::dot_product<byte_codes, byte_codes, kernels::portable>;
    CHECK(std::string(both::name(geometry{})) == "dot");
    CHECK(std::string(both::arch_name(geometry{})) == "portable");
    CHECK(std::string(kernels::dot_product<byte_codes, nibble, kernels::best>::name(geometry{})) == "decoded dot");
    CHECK(std::string(kernels::dot_product<power3, power3, kernels::best>::arch_name(geometry{})) != "");
  }
}
