// Runs on the device: compares the integer kernels with the reference's sums (kernels/reference.hpp) on many shapes,
// and counts the instructions of some layers.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <minnow/core/random.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/portable_product.hpp>
#include <minnow/kernels/reference.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/kernels/sink/fixed_codes.hpp>
#include <minnow/kernels/sink/sink.hpp>

#include "board.hpp"

namespace {

namespace mn = minnow;
namespace kernels = mn::kernels;
using mn::encoding, mn::geometry;

// All of them fit the 512 KB of the smallest board.
constexpr std::size_t most_inputs = 16384, most_weights = 45056, most_sums = 18432;
std::int16_t input_codes[most_inputs], weight_codes[most_weights];
alignas(64) std::byte inputs[2 * most_inputs], weights[most_weights + 4096], prepared[32768], scratch[49152];
std::int32_t expected[most_sums], found[most_sums];
std::byte map[most_sums];
std::uint32_t waiting[1];  // used only by pools

/// A random code, or the largest one.
template <encoding E>
int code_of(mn::random& random, bool largest) {
  const auto between = [&](int low, int high) { return largest ? high : low + random.below(high - low + 1); };
  switch (E) {
    case encoding::bit:
      return 2 * between(0, 1) - 1;
    case encoding::ternary:
      return between(-1, 1);
    case encoding::nibble:
      return between(-7, 7);
    case encoding::unsigned_nibble:
      return between(0, 15);
    case encoding::unsigned_byte:
      return between(0, 255);
    case encoding::pixel:
      return 2 * between(0, 255) - 255;
    default:
      return between(-127, 127);
  }
}

template <encoding In, encoding Weights, bool Grouped>
struct problem {
  using product = kernels::portable_product<kernels::operand<In>, kernels::operand<Weights>, Grouped>;

  const geometry& g;
  kernels::operands o{inputs, weights, prepared, scratch};

  problem(const geometry& shape, mn::random& random, bool largest) : g(shape) {
    // Bytes after the end of an array have all bits set, so sums that depend on them are wrong.
    std::fill(std::begin(inputs), std::end(inputs), std::byte{0xff});
    std::fill(std::begin(weights), std::end(weights), std::byte{0xff});
    for (int i = 0; i < g.in.size(); ++i) input_codes[i] = static_cast<std::int16_t>(code_of<In>(random, largest));
    for (int i = 0; i < g.weights(); ++i)
      weight_codes[i] = static_cast<std::int16_t>(code_of<Weights>(random, largest));
    kernels::pack_inputs<In>(input_codes, g.in.pixels(), g.in.channels, inputs);
    kernels::pack_weights<In, Weights>(g, weight_codes, weights);
    product::prepare(g, weights, prepared);
  }

  /// Returns the number of sums that differ from the reference.
  int differences() {
    const int stride = kernels::sum_stride(g.out.channels), sums = g.out.pixels() * stride;
    kernels::reference::product<In, Weights>(g, inputs, weights, expected, scratch, 0, g.out.height);
    int differ = 0;
    for (const int together : {g.out.height, 2}) {
      std::fill_n(found, sums, -7);
      for (int first = 0; first < g.out.height; first += together)
        product::rows(g, o, first, std::min(first + together, g.out.height),
                      kernels::sum_sink{found, stride, g.out.width, 0});
      for (int i = 0; i < sums; ++i) differ += expected[i] != found[i];
    }
    return differ;
  }
};

int all_differences = 0, all_shapes = 0;

template <encoding In, encoding Weights>
void check() {
  mn::random random{mn::seed{31}};
  for (int n = 0; n < 60; ++n) {
    const auto below = [&](int count) { return random.below(count); };
    const bool dense = below(4) == 0;
    const int groups = !dense && below(3) == 0 ? 1 + below(40) : 1;
    const int channels = dense ? 1 + below(200) : groups > 1 ? groups * (1 + below(2) * below(4)) : 1 + below(70);
    const mn::extent kernel{dense ? 1 : 1 + below(4), dense ? 1 : 1 + below(4)};
    const geometry g = mn::window_over({dense ? 1 : 1 + below(6), dense ? 1 : 1 + below(9), channels},
                                       groups * (groups > 1 ? 1 + below(2) * below(3) : 1 + below(40)), kernel,
                                       {1 + below(3), 1 + below(3)}, {dense ? 0 : below(3), dense ? 0 : below(3)},
                                       {dense ? 0 : below(3), dense ? 0 : below(3)}, groups);
    if (g.out.pixels() <= 0) continue;
    ++all_shapes;
    int differ = 0;
    if (groups > 1) differ = problem<In, Weights, true>(g, random, n % 8 == 0).differences();
    else differ = problem<In, Weights, false>(g, random, n % 8 == 0).differences();
    if (differ != 0) {
      using board::print;
      print("different: encodings "), print(static_cast<int>(In)), print(" "), print(static_cast<int>(Weights));
      for (const int number : {g.in.height, g.in.width, g.in.channels, g.out.channels, g.kernel.height, g.kernel.width,
                               g.stride.width, g.padding.width, g.groups, differ})
        print(" "), print(number);
      print("\n");
    }
    all_differences += differ;
  }
}

constexpr int most_channels = 128;
kernels::fixed_constants_of_channel constants[most_channels];
std::int32_t zeros[most_channels];

/// An epilogue in fixed point.
void codes_of_block(const void* filters, const std::int32_t* sums, int, int channel, std::int8_t* codes) noexcept {
  kernels::fixed_codes(constants + channel, sums,
                       std::min(kernels::block_filters, *static_cast<const int*>(filters) - channel),
                       reinterpret_cast<std::byte*>(codes));
}

/// Returns the number of codes that differ from a formula with 64 bits, for random constants.
int different_codes() {
  mn::random random{mn::seed{7}};
  int differ = 0;
  for (int n = 0; n < 500; ++n) {
    kernels::fixed_constants_of_channel of[16];
    std::int32_t sums[16], expected_codes[16];
    const int count = 1 + random.below(16), least = n % 4 == 0 ? 0 : 32;
    for (int c = 0; c < count; ++c) {
      const auto multiplier = static_cast<std::int32_t>(random.next());
      const std::int64_t offset = static_cast<std::int64_t>(random.next()) >> (3 + random.below(30));
      const int shift = least + random.below(63 - least), low = random.below(2) * -128,
                high = 127 + random.below(2) * 128;
      of[c] = kernels::fixed_constants_of_channel::of(multiplier, offset, shift, low, high);
      sums[c] = static_cast<std::int32_t>(random.next()) >> random.below(20);
      std::int64_t code = (std::int64_t{multiplier} * sums[c] + offset) >> shift;
      code = code < low ? low : code > high ? high : code;
      expected_codes[c] = static_cast<std::int32_t>(code);
    }
    std::byte codes[16];
    kernels::fixed_codes(of, sums, count, codes);
    for (int c = 0; c < count; ++c) differ += codes[c] != static_cast<std::byte>(expected_codes[c]);
  }
  return differ;
}

/// Counts the ticks of a layer with its epilogue.
template <encoding In, encoding Weights, bool Grouped = false>
[[gnu::noinline]] void measure(const char* name, mn::shape in, int filters, int kernel, int stride = 1) {
  mn::random random{mn::seed{3}};
  const int padding = stride == 1 ? kernel / 2 : 0;
  const geometry g = mn::window_over(in, filters, {kernel, kernel}, {stride, stride}, {padding, padding},
                                     {kernel / 2, kernel / 2}, Grouped ? in.channels : 1);
  const geometry pool = mn::window_over(g.out, filters, {1, 1}, {1, 1}, {0, 0});
  problem<In, Weights, Grouped> p(g, random, false);
  const int differ = p.differences();
  all_differences += differ;
  if (differ != 0)
    board::print("different: "), board::print(name), board::print(" "), board::print(differ), board::print("\n");
  using product = typename problem<In, Weights, Grouped>::product;
  board::counter::start();
  if constexpr (In == encoding::bit) {
    const int row = kernels::sum_stride(filters);
    product::rows(g, p.o, 0, g.out.height,
                  kernels::code_sink<In, 3, 1>{{zeros, zeros, zeros, row}, pool, map, waiting});
  } else {
    product::rows(g, p.o, 0, g.out.height,
                  kernels::byte_sink<std::int8_t>{&codes_of_block, &filters, pool, zeros, map});
  }
  const auto ticks = board::counter::count();
  using board::print;
  print("stage,"), print(name), print(","), print(static_cast<int>(g.macs())), print(","),
      print(static_cast<int>(ticks)), print("\n");
}

template <encoding In, encoding Weights>
void layers() {
  measure<In, Weights>("3x3_16_16_32x32", {32, 32, 16}, 16, 3);
  measure<In, Weights>("3x3_16_32_stride_2", {32, 32, 16}, 32, 3, 2);
  measure<In, Weights>("3x3_32_32_16x16", {16, 16, 32}, 32, 3);
  measure<In, Weights>("3x3_64_64_8x8", {8, 8, 64}, 64, 3);
  measure<In, Weights>("1x1_64_64_25x5", {25, 5, 64}, 64, 1);
  measure<In, Weights>("1x1_16_32_24x24", {24, 24, 16}, 32, 1);
  measure<In, Weights>("1x1_128_128_6x6", {6, 6, 128}, 128, 1);
  measure<In, Weights>("dense_128_128", {1, 1, 128}, 128, 1);
}

}  // namespace

int main() {
  using board::print;
  for (int c = 0; c < most_channels; ++c)
    constants[c] = kernels::fixed_constants_of_channel::of(0x40000000 + 12345 * c, 987654321LL * c, 40, -127, 127);
  all_differences += different_codes();
  check<encoding::byte, encoding::byte>();
  check<encoding::unsigned_byte, encoding::byte>();
  check<encoding::pixel, encoding::byte>();
  check<encoding::byte, encoding::nibble>();
  check<encoding::unsigned_byte, encoding::nibble>();
  check<encoding::pixel, encoding::nibble>();
  check<encoding::nibble, encoding::nibble>();
  check<encoding::bit, encoding::bit>();
  check<encoding::bit, encoding::ternary>();
  check<encoding::ternary, encoding::bit>();
  check<encoding::ternary, encoding::ternary>();
  print("8-bit inputs, 8-bit weights\n");
  layers<encoding::byte, encoding::byte>();
  measure<encoding::byte, encoding::byte, true>("depthwise_64_25x5", {25, 5, 64}, 64, 3);
  measure<encoding::byte, encoding::byte, true>("depthwise_128_6x6", {6, 6, 128}, 128, 3);
  measure<encoding::unsigned_byte, encoding::byte>("3x3_3_16_32x32", {32, 32, 3}, 16, 3);
  print("8-bit inputs, 4-bit weights\n");
  layers<encoding::byte, encoding::nibble>();
  print("1 bit\n");
  layers<encoding::bit, encoding::bit>();
  print("kernels: "), print(all_differences), print(" sums differ from the reference on "), print(all_shapes),
      print(" shapes\n");
  return all_differences != 0;
}
