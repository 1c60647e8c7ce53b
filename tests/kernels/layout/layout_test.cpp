#include <minnow/kernels/layout/layout.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/codes.hpp"

namespace {

using minnow::encoding;
using minnow::geometry;
namespace kernels = minnow::kernels;
namespace test = minnow::test;

constexpr std::array channel_counts{1, 3, 31, 32, 33, 63, 64, 65};
constexpr std::array filter_counts{1, 10, 16, 17, 33};

/// Checks that packing works at compile time. Firmware needs this, because its network is a constant.
constexpr bool packs_at_compile_time() {
  const std::int16_t codes[3] = {1, 0, -1};
  std::byte packed[8] = {};
  kernels::pack_inputs<encoding::ternary>(codes, 1, 3, packed);
  std::int16_t back[3] = {};
  kernels::unpack_inputs<encoding::ternary>(packed, 1, 3, back);
  return packed[0] == std::byte{5} && packed[4] == std::byte{1} && back[0] == 1 && back[1] == 0 && back[2] == -1;
}
static_assert(packs_at_compile_time());

geometry some_geometry(int channels, int filters) {
  return minnow::window_over({4, 5, channels}, filters, {2, 3}, {1, 1}, {0, 1});
}

template <encoding E, int Bits = 3>
void check_inputs() {
  minnow::random random{minnow::seed{11}};
  for (const int channels : channel_counts) {
    CAPTURE(channels);
    const minnow::shape in{3, 7, channels};
    const auto codes = test::random_codes<E, Bits>(in.size(), random);
    const auto packed = test::packed_inputs<E, Bits>(in, codes);
    CHECK(packed.untouched_behind());
    std::vector<kernels::code<E>> back(codes.size());
    kernels::unpack_inputs<E, Bits>(packed.data(), in.pixels(), channels, back.data());
    CHECK(back == codes);
  }
}

template <encoding In, encoding Weights, int Bits = 3>
void check_weights() {
  minnow::random random{minnow::seed{12}};
  for (const int channels : channel_counts) {
    for (const int filters : filter_counts) {
      CAPTURE(channels);
      CAPTURE(filters);
      const geometry g = some_geometry(channels, filters);
      const auto codes = test::random_codes<Weights, Bits>(g.weights(), random);
      const auto packed = test::packed_weights<In, Weights, Bits>(g, codes);
      CHECK(packed.untouched_behind());
      const int inputs = g.inputs();
      bool same = true;
      for (int block = 0; block < kernels::blocks(filters); ++block) {
        std::vector<kernels::code<Weights>> back(static_cast<std::size_t>(inputs) * 16);
        kernels::unpack_weight_block<In, Weights, Bits>(g, packed.data(), block, back.data());
        for (int k = 0; k < inputs; ++k) {
          for (int lane = 0; lane < 16; ++lane) {
            const int filter = block * 16 + lane;
            const auto expected =
                filter < filters ? codes[static_cast<std::size_t>(filter * inputs + k)] : kernels::code<Weights>{};
            same = same && back[static_cast<std::size_t>(k * 16 + lane)] == expected;
          }
        }
      }
      CHECK(same);
    }
  }
}

template <encoding In>
void check_all_weights_of() {
  check_weights<In, encoding::bit>();
  check_weights<In, encoding::ternary>();
  check_weights<In, encoding::power_of_two, 2>();
  check_weights<In, encoding::power_of_two, 3>();
  check_weights<In, encoding::power_of_two, 4>();
  check_weights<In, encoding::nibble>();
  check_weights<In, encoding::byte>();
  check_weights<In, encoding::half>();
  check_weights<In, encoding::real>();
}

std::vector<int> bytes_of(const test::packed_bytes& packed) {
  std::vector<int> result;
  for (std::size_t i = 0; i < packed.size(); ++i) result.push_back(static_cast<int>(packed.data()[i]));
  return result;
}

}  // namespace

TEST_SUITE("kernels/layout/layout") {
  TEST_CASE("inputs come back as they were packed") {
    check_inputs<encoding::bit>();
    check_inputs<encoding::ternary>();
    check_inputs<encoding::power_of_two, 2>();
    check_inputs<encoding::power_of_two, 3>();
    check_inputs<encoding::power_of_two, 4>();
    check_inputs<encoding::nibble>();
    check_inputs<encoding::byte>();
    check_inputs<encoding::pixel>();
    check_inputs<encoding::unsigned_nibble>();
    check_inputs<encoding::unsigned_byte>();
    check_inputs<encoding::half>();
    check_inputs<encoding::real>();
  }

  TEST_CASE("weights for inputs of planes come back as they were packed") {
    check_all_weights_of<encoding::bit>();
    check_all_weights_of<encoding::power_of_two>();
  }

  TEST_CASE("weights for inputs of numbers come back as they were packed") {
    check_all_weights_of<encoding::byte>();
    check_all_weights_of<encoding::real>();
  }

  TEST_CASE("bytes of inputs stand where the file format says") {
    // 33 channels take two words per bit plane; the second word has one valid bit.
    std::vector<std::int16_t> codes(33, -1);
    codes[0] = codes[9] = codes[32] = 1;
    CHECK(bytes_of(test::packed_inputs<encoding::bit>({1, 1, 33}, codes)) == std::vector<int>{1, 2, 0, 0, 1, 0, 0, 0});

    CHECK(bytes_of(test::packed_inputs<encoding::ternary>({1, 1, 3}, {-1, 0, 1})) ==
          std::vector<int>{0b101, 0, 0, 0, 0b100, 0, 0, 0});
    // The first bit plane holds the signs (1: positive). The next three planes mark the magnitudes 1, 1/2 and 1/4,
    // whose codes are 4, 2 and 1.
    CHECK(bytes_of(test::packed_inputs<encoding::power_of_two, 3>({1, 1, 5}, {4, -4, 2, -1, 0})) ==
          std::vector<int>{0b00101, 0, 0, 0, 0b00011, 0, 0, 0, 0b00100, 0, 0, 0, 0b01000, 0, 0, 0});
    CHECK(bytes_of(test::packed_inputs<encoding::pixel>({1, 1, 3}, {-255, -1, 255})) == std::vector<int>{0, 127, 255});
    CHECK(bytes_of(test::packed_inputs<encoding::byte>({1, 1, 2}, {-127, 5})) == std::vector<int>{129, 5});
    CHECK(bytes_of(test::packed_inputs<encoding::unsigned_byte>({1, 1, 2}, {200, 5})) == std::vector<int>{200, 5});
    CHECK(bytes_of(test::packed_inputs<encoding::half>({1, 1, 2}, {1.0f, -2.0f})) ==
          std::vector<int>{0, 0x3c, 0, 0xc0});
    CHECK(bytes_of(test::packed_inputs<encoding::real>({1, 1, 1}, {1.0f})) == std::vector<int>{0, 0, 0x80, 0x3f});
  }

  TEST_CASE("bytes of weights stand where the file format says") {
    const geometry g = minnow::dense_over({1, 1, 2}, 3);  // three filters of two inputs
    CHECK(bytes_of(test::packed_weights<encoding::bit, encoding::bit>(g, {1, 1, -1, 1, 1, -1})) ==
          std::vector<int>{3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0});
    CHECK(bytes_of(test::packed_weights<encoding::bit, encoding::ternary>(g, {1, -1, 0, 1, 0, 0})) ==
          std::vector<int>{3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0});
    CHECK(bytes_of(test::packed_weights<encoding::byte, encoding::ternary>(g, {1, -1, 0, 1, 0, 0})) ==
          std::vector<int>{0b001, 0, 0b001, 0, 0b011, 0, 0b010, 0});
    // The magnitude indices of the codes 4, -1, 0, 2, -2, 1 are 3, 1, 0, 2, 2, 1.
    CHECK(bytes_of(test::packed_weights<encoding::byte, encoding::power_of_two>(g, {4, -1, 0, 2, -2, 1})) ==
          std::vector<int>{0b001, 0, 0b001, 0, 0b101, 0, 0b110, 0, 0b101, 0, 0b010, 0});
    CHECK(bytes_of(test::packed_weights<encoding::byte, encoding::nibble>(g, {1, -1, 2, -2, 3, -3})) ==
          std::vector<int>{0xf1, 0, 0xe2, 0, 0xd3, 0});
    CHECK(bytes_of(test::packed_weights<encoding::bit, encoding::byte>(g, {1, -1, 2, -2, 3, -3})) ==
          std::vector<int>{1, 255, 0, 0, 2, 254, 0, 0, 3, 253, 0, 0});
    CHECK(bytes_of(test::packed_weights<encoding::half, encoding::nibble>(g, {1, -1, 2, -2, 3, -3})) ==
          std::vector<int>{0x21, 0x03, 0xef, 0x0d});
    CHECK(bytes_of(test::packed_weights<encoding::real, encoding::byte>(g, {1, -1, 2, -2, 3, -3})) ==
          std::vector<int>{1, 2, 3, 255, 254, 253});
  }

  TEST_CASE("a tap's channels are filled up with zeros to whole groups of four") {
    const geometry g = minnow::window_over({1, 2, 5}, 1, {1, 2}, {1, 1}, {0, 0});
    CHECK(bytes_of(test::packed_weights<encoding::pixel, encoding::nibble>(g, {1, 2, 3, 4, 5, 6, 7, -8, -7, -1})) ==
          std::vector<int>{0x21, 0x43, 5, 0, 0x76, 0x98, 0xf, 0});
    CHECK(bytes_of(test::packed_weights<encoding::bit, encoding::byte>(g, {1, 2, 3, 4, 5, 6, 7, -8, -7, -1})) ==
          std::vector<int>{1, 2, 3, 4, 5, 0, 0, 0, 6, 7, 248, 249, 255, 0, 0, 0});
  }

  TEST_CASE("a depthwise convolution's weights stand tap by tap, as those under floats") {
    const geometry g = minnow::window_over({1, 2, 3}, 3, {1, 2}, {1, 1}, {0, 0}, 3);
    CHECK(bytes_of(test::packed_weights<encoding::bit, encoding::bit>(g, {1, -1, 1, 1, -1, 1})) ==
          std::vector<int>{0b011, 0, 0b110, 0});
    CHECK(bytes_of(test::packed_weights<encoding::byte, encoding::nibble>(g, {1, -1, 2, -2, 3, -3})) ==
          std::vector<int>{0x21, 0x03, 0xef, 0x0d});
    CHECK(bytes_of(test::packed_weights<encoding::pixel, encoding::byte>(g, {1, -1, 2, -2, 3, -3})) ==
          std::vector<int>{1, 2, 3, 255, 254, 253});
  }

  TEST_CASE("the second block begins behind the first, whatever its own size") {
    const geometry g = minnow::dense_over({1, 1, 40}, 19);
    CHECK_EQ(kernels::weight_block_offset<encoding::bit, encoding::ternary>(g, 1), std::size_t{2 * 2 * 16 * 4});
    CHECK_EQ(kernels::weight_bytes<encoding::bit, encoding::ternary>(g), std::size_t{2 * 2 * 19 * 4});
    CHECK_EQ(kernels::weight_bytes<encoding::byte, encoding::nibble>(g), std::size_t{10 * 19 * 2});
    CHECK_EQ(kernels::weight_bytes<encoding::pixel, encoding::byte>(g), std::size_t{10 * 19 * 4});
    CHECK_EQ(kernels::weight_bytes<encoding::half, encoding::nibble>(g), std::size_t{40 * (8 + 2)});
    CHECK_EQ(kernels::weight_bytes<encoding::byte, encoding::bit>(g), std::size_t{40 * 2 * 2});
    CHECK_EQ(kernels::weight_bytes<encoding::half, encoding::half>(g), std::size_t{40 * 19 * 2});
  }
}
