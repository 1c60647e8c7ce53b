#include <minnow/kernels/sink/byte_sink.hpp>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <minnow/core/random.hpp>
#include <minnow/kernels/arch.hpp>

#include "reference_convolution.hpp"

using namespace minnow;

namespace {

/// An arbitrary function of the sum, the pixel and the channel.
template <class Code>
int code_of(std::int32_t sum, int pixel, int channel) {
  const int shown = sum / 2 + channel % 5 + pixel % 7;
  return std::is_signed_v<Code> ? std::clamp(shown, -127, 127) : std::clamp(shown + 128, 0, 255);
}

template <class Code>
void encode(const void* context, const std::int32_t* sums, int pixel, int channel, Code* codes) noexcept {
  const int channels = *static_cast<const int*>(context);
  for (int i = 0; i < kernels::block_filters && channel + i < channels; ++i)
    codes[i] = static_cast<Code>(code_of<Code>(sums[i], pixel, channel + i));
}

/// Passes the sums of `Group` channels of one pixel to a sink. Passes either a plain block of sums, or SIMD batches of
/// counts, from which the sink computes sum = base + Factor · count (see sink/sink.hpp).
template <int Factor, int Group, class Code, class Arch>
void put(const kernels::byte_sink<Code>& sink, int y, int x, int channel, int filters, const std::int32_t* sums, Arch) {
  if constexpr (std::is_same_v<Arch, kernels::portable>) {
    sink.put(y, x, channel, filters, sums);
  } else {
    using batch = xsimd::batch<std::int32_t, kernels::batch_arch<Arch>>;
    constexpr std::size_t vectors = Group / batch::size;
    std::int32_t bases[Group];
    std::int32_t counts[Group];
    for (int i = 0; i < Group; ++i) {
      bases[i] = 400 + ((400 + sums[i]) & 1);
      counts[i] = (sums[i] - bases[i]) / Factor;
    }
    batch base[vectors];
    batch v[vectors];
    for (std::size_t i = 0; i < vectors; ++i) {
      base[i] = batch::load_unaligned(bases + i * batch::size);
      v[i] = batch::load_unaligned(counts + i * batch::size);
    }
    sink.template panel<Factor>(base, channel, filters).put(y, x, v);
  }
}

template <class Code, int Factor, int Group, class Arch>
void check_byte_sink(const geometry& pool, Arch arch) {
  minnow::random random{seed{static_cast<std::uint64_t>(pool.in.channels)}};
  const int channels = pool.in.channels;
  const int stride = ceil_div(channels, 32) * 32;
  std::vector<std::int32_t> sums(static_cast<std::size_t>(pool.in.pixels() * stride));
  for (auto& s : sums) s = random.below(601) - 300;
  std::vector<std::int32_t> smallest(static_cast<std::size_t>(stride));
  for (auto& s : smallest) s = -random.below(2);
  std::vector<Code> expected;
  for (int y = 0; y < pool.out.height; ++y)
    for (int x = 0; x < pool.out.width; ++x)
      for (int c = 0; c < channels; ++c) {
        std::vector<int> codes;
        test::for_each_tap(pool, y, x, [&](int row, int column, int) {
          const int pixel = row * pool.in.width + column;
          codes.push_back(code_of<Code>(sums[static_cast<std::size_t>(pixel * stride + c)], pixel, c));
        });
        const auto [low, high] = std::minmax_element(codes.begin(), codes.end());
        expected.push_back(static_cast<Code>(smallest[static_cast<std::size_t>(c)] != 0 ? *low : *high));
      }

  constexpr auto never_written = static_cast<Code>(-128);
  std::vector<Code> map(expected.size() + 16, never_written);
  const kernels::byte_sink<Code> sink{encode<Code>, &channels, pool, smallest.data(),
                                      reinterpret_cast<std::byte*>(map.data())};
  for (int c = 0; c < channels; c += Group)
    for (int y = 0; y < pool.in.height; ++y)
      for (int x = 0; x < pool.in.width; ++x)
        put<Factor, Group>(sink, y, x, c, std::min(Group, channels - c),
                           &sums[static_cast<std::size_t>((y * pool.in.width + x) * stride + c)], arch);
  CHECK(std::equal(expected.begin(), expected.end(), map.begin()));
  CHECK(std::count(map.begin() + static_cast<std::ptrdiff_t>(expected.size()), map.end(), never_written) == 16);
}

}  // namespace

TEST_SUITE("kernels/sink/byte_sink") {
  TEST_CASE("codes of sums, alone and as the largest or the smallest of a window") {
    kernels::available_archs::for_each([](auto arch) {
      for (const int channels : {1, 16, 17, 33, 64}) {
        CAPTURE(channels);
        const shape map{5, 6, channels};
        for (const geometry& pool :
             {window_over(map, channels, {1, 1}, {1, 1}, {0, 0}), window_over(map, channels, {2, 2}, {2, 2}, {0, 0}),
              window_over(map, channels, {3, 2}, {1, 2}, {0, 0}), window_over(map, channels, {3, 3}, {2, 2}, {1, 1})}) {
          check_byte_sink<std::int8_t, 1, 16>(pool, arch);
          check_byte_sink<std::uint8_t, -2, 16>(pool, arch);
          if constexpr (!std::is_same_v<decltype(arch), kernels::portable>)
            check_byte_sink<std::int8_t, -1, 32>(pool, arch);
        }
      }
    });
  }
}
