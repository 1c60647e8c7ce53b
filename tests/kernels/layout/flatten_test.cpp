#include <minnow/kernels/layout/flatten.hpp>

#include <doctest/doctest.h>

#include <vector>

#include <minnow/core/random.hpp>

using namespace minnow;

namespace {

static_assert(kernels::has_gaps<encoding::bit>({2, 2, 33}));
static_assert(kernels::has_gaps<encoding::power_of_two>({1, 2, 1}));
static_assert(!kernels::has_gaps<encoding::bit>({2, 2, 64}));
static_assert(!kernels::has_gaps<encoding::ternary>({1, 1, 33}));
static_assert(!kernels::has_gaps<encoding::byte>({2, 2, 33}));

template <encoding E, int Bits = 3>
void check_flattening(int pixels, int channels, const std::vector<std::int16_t>& levels) {
  CAPTURE(pixels);
  CAPTURE(channels);
  minnow::random r(seed{static_cast<std::uint64_t>(pixels * 1000 + channels)});
  std::vector<std::int16_t> codes(static_cast<std::size_t>(pixels * channels));
  for (auto& c : codes) c = levels[static_cast<std::size_t>(r.below(static_cast<int>(levels.size())))];
  std::vector<std::byte> map(kernels::input_bytes<E, Bits>({1, pixels, channels}));
  kernels::pack_inputs<E, Bits>(codes.data(), pixels, channels, map.data());
  std::vector<std::byte> flat(kernels::input_bytes<E, Bits>({1, 1, pixels * channels}));
  kernels::pack_inputs<E, Bits>(codes.data(), 1, pixels * channels, flat.data());
  kernels::flatten_inputs<E, Bits>(map.data(), pixels, channels);
  REQUIRE(map.size() >= flat.size());
  map.resize(flat.size());
  CHECK(map == flat);
}

}  // namespace

TEST_SUITE("kernels/layout/flatten") {
  TEST_CASE("a flattened map is the map packed as one pixel") {
    for (const int pixels : {1, 2, 3, 4, 9, 49})
      for (const int channels : {1, 3, 8, 15, 16, 17, 31, 32, 33, 40, 63, 64, 65, 96, 100}) {
        check_flattening<encoding::bit>(pixels, channels, {-1, 1});
        check_flattening<encoding::ternary>(pixels, channels, {-1, 0, 1});
        check_flattening<encoding::power_of_two>(pixels, channels, {-4, -2, -1, 0, 1, 2, 4});
        check_flattening<encoding::power_of_two, 2>(pixels, channels, {-1, 0, 1});
      }
  }
}
