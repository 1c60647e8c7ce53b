#include <minnow/kernels/sink/sink.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <minnow/kernels/arch.hpp>

#include "kernels/codes.hpp"
#include "reference_convolution.hpp"

using namespace minnow;

namespace {

/// A map with random sums and thresholds, and its codes computed from the definition of threshold_rows.
template <encoding E, int Bits, int Count>
struct example {
  geometry pool;
  int channels;
  int stride = kernels::sum_stride(channels);
  std::vector<std::int32_t> sums = std::vector<std::int32_t>(static_cast<std::size_t>(pool.in.pixels() * stride));
  std::vector<std::int32_t> values = std::vector<std::int32_t>(static_cast<std::size_t>(Count * stride), 0x7fffffff);
  std::vector<std::int32_t> flip = std::vector<std::int32_t>(static_cast<std::size_t>(stride));
  std::vector<std::int32_t> smallest = flip;

  example(const geometry& window, minnow::random& random) : pool(window), channels(window.in.channels) {
    const auto below = [&](int n) { return random.below(n); };
    for (auto& s : sums) s = below(101) - 50;
    for (int c = 0; c < channels; ++c) {
      std::vector<int> steps(Count);
      for (int& s : steps) s = below(90) - 45;
      std::sort(steps.begin(), steps.end());
      for (int k = 0; k < Count; ++k)
        values[static_cast<std::size_t>(k * stride + c)] = steps[static_cast<std::size_t>(k)];
      flip[static_cast<std::size_t>(c)] = -below(2);
      smallest[static_cast<std::size_t>(c)] = -below(2);
    }
  }

  [[nodiscard]] std::int32_t sum(int y, int x, int c) const {
    return sums[static_cast<std::size_t>((y * pool.in.width + x) * stride + c)];
  }
  [[nodiscard]] int index(int y, int x, int c) const {
    const auto at = static_cast<std::size_t>(c);
    int result = 0;
    for (int k = 0; k < Count; ++k)
      result += (sum(y, x, c) ^ flip[at]) >= values[static_cast<std::size_t>(k * stride + c)];
    return result;
  }
  [[nodiscard]] static std::int16_t code(int index) {
    if constexpr (is_planes(E))
      return static_cast<std::int16_t>(kernels::rising_codes<E, Bits>()[static_cast<std::size_t>(index)]);
    else return static_cast<std::int16_t>(is_unsigned(E) ? index : index - Count / 2);
  }

  [[nodiscard]] test::packed_bytes expected() const {
    std::vector<kernels::code<E>> codes;
    for (int y = 0; y < pool.out.height; ++y)
      for (int x = 0; x < pool.out.width; ++x)
        for (int c = 0; c < channels; ++c) {
          int best = smallest[static_cast<std::size_t>(c)] != 0 ? Count : 0;
          test::for_each_tap(pool, y, x, [&](int row, int column, int) {
            const int i = index(row, column, c);
            best = smallest[static_cast<std::size_t>(c)] != 0 ? std::min(best, i) : std::max(best, i);
          });
          codes.push_back(code(best));
        }
    return test::packed_inputs<E, Bits>(pool.out, codes);
  }

  /// Returns the map that a sink writes when `put(sink, y, x, channel, filters)` is called for every pixel and group of
  /// filters.
  template <class Put>
  [[nodiscard]] test::packed_bytes found(int group, Put&& put) const {
    using sink_type = kernels::code_sink<E, Bits, Count>;
    test::packed_bytes map(kernels::input_bytes<E, Bits>(pool.out));
    test::packed_bytes waiting(sink_type::waiting_words(pool) * 4);
    const sink_type sink{{values.data(), flip.data(), smallest.data(), stride},
                         pool,
                         map.data(),
                         reinterpret_cast<std::uint32_t*>(waiting.data())};
    for (int c = 0; c < channels; c += group) {
      const int filters = std::min(group, channels - c);
      for (int y = 0; y < pool.in.height; ++y)
        for (int x = 0; x < pool.in.width; ++x) put(sink, y, x, c, filters);
    }
    CHECK(map.untouched_behind());
    CHECK(waiting.untouched_behind());
    return map;
  }
};

bool equal(const test::packed_bytes& a, const test::packed_bytes& b) {
  return a.size() == b.size() && std::equal(a.data(), a.data() + a.size(), b.data());
}

/// Checks the sink's panels. They receive the sums of 16 or 32 channels as SIMD batches of counts, where sum = base +
/// Factor · count (see sink/sink.hpp).
template <int Factor, std::size_t Lanes, class Arch, class Example>
void check_panels(const Example& e, const test::packed_bytes& expected, Arch) {
  using batch = xsimd::batch<std::int32_t, kernels::batch_arch<Arch>>;
  constexpr std::size_t vectors = Lanes / batch::size;
  const auto map = e.found(static_cast<int>(Lanes), [&](const auto& sink, int y, int x, int c, int filters) {
    if (filters <= static_cast<int>(Lanes) / 2 && Lanes == 32) {
      sink.put(y, x, c, filters, &e.sums[static_cast<std::size_t>((y * e.pool.in.width + x) * e.stride + c)]);
      return;
    }
    std::int32_t bases[Lanes];
    std::int32_t counts[Lanes];
    for (int i = 0; i < static_cast<int>(Lanes); ++i) {
      const std::int32_t s = c + i < e.stride ? e.sum(y, x, c + i) : 0;
      bases[i] = Factor % 2 == 0 ? 300 + c + i + ((300 + c + i + s) & 1) : 301 + c;
      counts[i] = (s - bases[i]) / Factor;
    }
    batch base[vectors];
    batch v[vectors];
    for (std::size_t i = 0; i < vectors; ++i) {
      base[i] = batch::load_unaligned(bases + i * batch::size);
      v[i] = batch::load_unaligned(counts + i * batch::size);
    }
    sink.template panel<Factor>(base, c, filters).put(y, x, v);
  });
  CHECK(equal(map, expected));
}

template <encoding E, int Bits, int Count>
void check_code_sink(const geometry& pool) {
  minnow::random random{seed{static_cast<std::uint64_t>(pool.in.channels + Count)}};
  const example<E, Bits, Count> e(pool, random);
  const auto expected = e.expected();
  CAPTURE(pool.in.channels);
  CAPTURE(Count);
  CHECK(equal(expected, e.found(16, [&](const auto& sink, int y, int x, int c, int filters) {
    sink.put(y, x, c, filters, &e.sums[static_cast<std::size_t>((y * pool.in.width + x) * e.stride + c)]);
  })));
  kernels::available_archs::for_each([&](auto arch) {
    using tag = decltype(arch);
    if constexpr (!std::is_same_v<tag, kernels::portable>) {
      CAPTURE(arch.name());
      check_panels<1, 16>(e, expected, arch);
      check_panels<2, 16>(e, expected, arch);
      check_panels<-1, 32>(e, expected, arch);
      check_panels<-2, 32>(e, expected, arch);
    }
  });
}

template <encoding E, int Bits, int Count>
void check_code_sinks() {
  for (const int channels : {1, 15, 16, 17, 31, 32, 33, 48, 64, 70}) {
    const shape map{6, 7, channels};
    check_code_sink<E, Bits, Count>(window_over(map, channels, {1, 1}, {1, 1}, {0, 0}));
    check_code_sink<E, Bits, Count>(window_over(map, channels, {2, 2}, {2, 2}, {0, 0}));
    check_code_sink<E, Bits, Count>(window_over(map, channels, {3, 2}, {1, 2}, {0, 0}));
    check_code_sink<E, Bits, Count>(window_over(map, channels, {1, 2}, {3, 3}, {0, 0}));
    check_code_sink<E, Bits, Count>(window_over(map, channels, {1, 1}, {2, 2}, {0, 0}));
    check_code_sink<E, Bits, Count>(window_over(map, channels, {3, 3}, {2, 2}, {1, 1}));
    check_code_sink<E, Bits, Count>(window_over(map, channels, {4, 2}, {1, 2}, {2, 1}));
    check_code_sink<E, Bits, Count>(window_over(map, channels, {3, 3}, {2, 2}, {0, 0}, {1, 1}));
    check_code_sink<E, Bits, Count>(window_over(map, channels, {3, 2}, {1, 2}, {1, 0}, {0, 1}));
  }
}

}  // namespace

TEST_SUITE("kernels/sink/sink") {
  TEST_CASE("bits through one threshold, with and without a pool") { check_code_sinks<encoding::bit, 3, 1>(); }
  TEST_CASE("ternary codes through two") { check_code_sinks<encoding::ternary, 3, 2>(); }
  TEST_CASE("powers of two through six") { check_code_sinks<encoding::power_of_two, 3, 6>(); }
  TEST_CASE("4-bit integers through fourteen") { check_code_sinks<encoding::nibble, 3, 14>(); }
  TEST_CASE("unsigned ones through fifteen") { check_code_sinks<encoding::unsigned_nibble, 3, 15>(); }

  TEST_CASE("sums go to memory, and the lanes beyond the filters are 0") {
    kernels::available_archs::for_each([&](auto arch) {
      if constexpr (!std::is_same_v<decltype(arch), kernels::portable>) {
        using batch = xsimd::batch<std::int32_t, kernels::batch_arch<decltype(arch)>>;
        constexpr std::size_t vectors = 16 / batch::size;
        for (const int filters : {1, 7, 16}) {
          batch base[vectors];
          batch v[vectors];
          for (std::size_t i = 0; i < vectors; ++i) {
            base[i] = batch(100);
            v[i] = batch(static_cast<std::int32_t>(i) + 3);
          }
          std::vector<std::int32_t> sums(2 * 32 + 1, 77);
          const kernels::sum_sink sink{sums.data(), 32, 2, 5};
          sink.panel<-2>(base, 16, filters).put(5, 1, v);
          sink.put(5, 0, 16, filters, sums.data() + 48);
          for (int i = 0; i < 16; ++i) {
            const int expected = i < filters ? 100 - 2 * (i / static_cast<int>(batch::size) + 3) : 0;
            CHECK_EQ(sums[static_cast<std::size_t>(48 + i)], expected);
            CHECK_EQ(sums[static_cast<std::size_t>(16 + i)], expected);
            CHECK_EQ(sums[static_cast<std::size_t>(i)], 77);
          }
          CHECK_EQ(sums.back(), 77);
        }
      }
    });
  }
}
