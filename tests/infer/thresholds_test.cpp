#include <minnow/infer/thresholds.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/random.hpp>
#include <minnow/quantize/scheme.hpp>

using namespace minnow;

static_assert(detail::codes_of<sign>() == std::array{-1, 1});
static_assert(detail::codes_of<ternary<>>() == std::array{-1, 0, 1});
static_assert(detail::codes_of<power_of_two<3>>() == std::array{-4, -2, -1, 0, 1, 2, 4});
static_assert(detail::codes_of<integer<3>>() == std::array{-3, -2, -1, 0, 1, 2, 3});
static_assert(detail::codes_of<unsigned_integer<2>>() == std::array{0, 1, 2, 3});
static_assert(detail::has_few_codes<unsigned_integer<4>>() && !detail::has_few_codes<unsigned_integer<5>>());
static_assert(detail::has_few_codes<integer<4>>() && detail::has_few_codes<power_of_two<4>>() &&
              detail::has_few_codes<sign>());
static_assert(!detail::has_few_codes<integer<5>>() && !detail::has_few_codes<pixels>() &&
              !detail::has_few_codes<half>() && !detail::has_few_codes<real>());

namespace {

/// Returns the index that a channel's thresholds assign to a sum.
int index_by(const thresholds& t, std::size_t channel, std::int32_t sum) {
  int index = 0;
  for (int k = 0; k < t.count; ++k)
    index += (sum ^ t.flip[channel]) >= t.values[static_cast<std::size_t>(k * t.stride) + channel];
  return index;
}

/// Describes the first sum in [-bound, bound] whose index differs from index_of(sum); empty if there is none.
template <class IndexOf>
std::string difference(int codes, std::int32_t bound, int direction, IndexOf index_of) {
  thresholds t(1, codes);
  bool inside = true;
  t.find(0, bound, direction, 1, [&](std::int32_t sum) {
    inside = inside && -bound <= sum && sum <= bound;
    return index_of(sum);
  });
  if (!inside) return "asked for a sum beyond the bound";
  for (std::int32_t sum = -bound; sum <= bound; ++sum)
    if (index_by(t, 0, sum) != index_of(sum))
      return "sum " + std::to_string(sum) + ": expected " + std::to_string(index_of(sum)) + ", found " +
             std::to_string(index_by(t, 0, sum));
  return {};
}

/// Returns `codes` - 1 sorted random sums in [-bound, bound + 1] at which the code changes. Several of them may be
/// equal, so that some codes never occur.
std::vector<std::int32_t> random_steps(int codes, std::int32_t bound, std::uint64_t draws) {
  minnow::random r(seed{draws});
  std::vector<std::int32_t> steps;
  for (int k = 1; k < codes; ++k)
    steps.push_back(k > 1 && r.below(4) == 0 ? steps.back() : r.below(2 * bound + 2) - bound);
  std::sort(steps.begin(), steps.end());
  return steps;
}

template <quantizer Q>
std::vector<std::int16_t> quantized_codes(const std::vector<std::int32_t>& sums, const std::vector<affine>& maps,
                                          const typename Q::state& state) {
  std::vector<std::int16_t> codes;
  for (std::size_t c = 0; c < sums.size(); ++c)
    codes.push_back(static_cast<std::int16_t>(Q::code(maps[c](static_cast<float>(sums[c])), state)));
  return codes;
}

/// Checks the codes of sums that pass through an increasing, decreasing or constant function per channel and then
/// through the quantizer Q.
template <quantizer Q>
void check_encoding(typename Q::state state = {}) {
  constexpr auto levels = detail::codes_of<Q>();
  constexpr int bound = 60;
  for (const int channels : {1, 15, 16, 17, 31, 32, 33, 48, 64}) {
    CAPTURE(channels);
    const auto count = static_cast<std::size_t>(channels);
    minnow::random r(seed{count});
    std::vector<affine> maps;
    thresholds t(channels, static_cast<int>(levels.size()));
    for (int c = 0; c < channels; ++c) {
      const float scale = c % 7 == 3 ? 0.0f : r.uniform(-0.08f, 0.08f);
      maps.push_back({scale, r.uniform(-0.6f, 0.6f)});
      t.find(c, bound, (scale > 0) - (scale < 0), 1, [&](std::int32_t sum) {
        const int code = static_cast<int>(Q::code(maps.back()(static_cast<float>(sum)), state));
        return static_cast<int>(std::find(levels.begin(), levels.end(), code) - levels.begin());
      });
    }
    for (int round = 0; round < 20; ++round) {
      // Lanes after the last channel hold arbitrary sums, which must not matter.
      std::vector<std::int32_t> sums(static_cast<std::size_t>(t.stride));
      for (auto& s : sums) s = r.below(2 * bound + 1) - bound;
      const auto codes = quantized_codes<Q>({sums.begin(), sums.begin() + channels}, maps, state);
      constexpr std::byte untouched{0xa5};
      const std::size_t size = kernels::pixel_bytes<Q::storage, Q::bits>(channels);
      std::vector<std::byte> expected(size + 4, untouched);
      kernels::pack_inputs<Q::storage, Q::bits>(codes.data(), 1, channels, expected.data());
      std::vector<std::byte> found(size + 4, untouched);
      const geometry pixel = window_over({1, 1, channels}, channels, {1, 1}, {1, 1}, {0, 0});
      const kernels::code_sink<Q::storage, Q::bits, static_cast<int>(levels.size()) - 1> sink{t.rows(), pixel,
                                                                                              found.data(), nullptr};
      for (int c = 0; c < channels; c += kernels::block_filters)
        sink.put(0, 0, c, std::min(channels - c, kernels::block_filters), sums.data() + c);
      CHECK(found == expected);
    }
  }
}

}  // namespace

TEST_SUITE("infer/thresholds") {
  TEST_CASE("thresholds give every sum its index: rising, falling, with plateaus and codes that never occur") {
    for (const int codes : {2, 3, 7, 15, 16})
      for (std::uint64_t draws = 0; draws < 50; ++draws) {
        CAPTURE(codes);
        CAPTURE(draws);
        constexpr std::int32_t bound = 40;
        const auto steps = random_steps(codes, bound, draws);
        const auto rises = [&](std::int32_t sum) {
          return static_cast<int>(std::count_if(steps.begin(), steps.end(), [&](std::int32_t s) { return sum >= s; }));
        };
        CHECK(difference(codes, bound, 1, rises) == "");
        CHECK(difference(codes, bound, -1, [&](std::int32_t sum) { return codes - 1 - rises(sum); }) == "");
      }
  }

  TEST_CASE("a constant gives every sum the same index") {
    for (const int direction : {-1, 0, 1})
      for (const int constant : {0, 1, 2})
        CHECK(difference(3, 25, direction, [&](std::int32_t) { return constant; }) == "");
  }

  TEST_CASE("no sums but 0") {
    CHECK(difference(2, 0, 1, [](std::int32_t) { return 0; }) == "");
    CHECK(difference(2, 0, -1, [](std::int32_t) { return 1; }) == "");
  }

  TEST_CASE("steps at the ends of the widest sums") {
    constexpr std::int32_t bound = std::numeric_limits<std::int32_t>::max() - 1;
    for (const std::int32_t step : {-bound, -bound + 1, -1, 0, 1, bound - 1, bound, bound + 1}) {
      thresholds t(1, 2);
      t.find(0, bound, 1, 1, [&](std::int32_t sum) { return static_cast<int>(sum >= step); });
      thresholds falling(1, 2);
      falling.find(0, bound, -1, -1, [&](std::int32_t sum) { return static_cast<int>(sum < step); });
      for (const std::int64_t near : {-1, 0, 1}) {
        const std::int64_t sum = step + near;
        if (sum < -bound || sum > bound) continue;
        CHECK(index_by(t, 0, static_cast<std::int32_t>(sum)) == (sum >= step));
        CHECK(index_by(falling, 0, static_cast<std::int32_t>(sum)) == (sum < step));
      }
      CHECK(index_by(t, 0, -bound) == (-bound >= step));
      CHECK(index_by(falling, 0, bound) == (bound < step));
    }
  }

  TEST_CASE("a pool takes the smallest sum only where the layers after it fall") {
    thresholds t(4, 2);
    const auto index_of = [](std::int32_t sum) { return static_cast<int>(sum > 0); };
    t.find(0, 5, 1, 1, index_of);
    t.find(1, 5, -1, -1, index_of);
    t.find(2, 5, -1, 1, index_of);
    t.find(3, 5, 1, -1, index_of);
    CHECK(t.flip == std::vector<std::int32_t>{0, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    CHECK(t.smallest == std::vector<std::int32_t>{0, -1, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  }

  TEST_CASE("channels are found side by side") {
    thresholds t(18, 3);
    CHECK(t.stride == 32);
    CHECK(t.count == 2);
    for (int c = 0; c < 18; ++c) t.find(c, 30, 1, 1, [&](std::int32_t sum) { return (sum >= c) + (sum >= c + 1); });
    for (std::size_t c = 0; c < 18; ++c) {
      CHECK(t.values[c] == static_cast<std::int32_t>(c));
      CHECK(t.values[32 + c] == static_cast<std::int32_t>(c) + 1);
    }
  }

  TEST_CASE("encoded sums are the quantizer's codes, packed, on every architecture") {
    check_encoding<sign>();
    check_encoding<ternary<>>();
    check_encoding<power_of_two<2>>();
    check_encoding<power_of_two<3>>();
    check_encoding<power_of_two<4>>();
    check_encoding<integer<2>>({.g = 0.7f});
    check_encoding<integer<3>>({.g = 0.4f});
    check_encoding<integer<4>>({.g = 0.15f});
  }
}
