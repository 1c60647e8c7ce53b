#include <minnow/train/layers/channel_sums.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include "single_layer.hpp"

using namespace minnow;

namespace {

/// Returns, for all channels, the sums of x and then the sums of x^2.
std::vector<double> sums_of(const std::vector<float>& x, int channels) {
  detail::channel_sums sums;
  sums.run<2>(x.size() / static_cast<std::size_t>(channels), channels,
              [&](std::size_t at, int, auto count, auto&& add) {
                const auto v = detail::load(x.data() + at, count);
                add(0, v);
                add(1, v * v);
              });
  std::vector<double> result;
  for (int k = 0; k < 2; ++k)
    for (int c = 0; c < channels; ++c) result.push_back(sums.total(k, c));
  return result;
}

}  // namespace

TEST_SUITE("train/layers/channel_sums") {
  TEST_CASE("equal the sums in double precision, but for the roundings of a block of 128 rows") {
    for (const int channels : {1, 5, 16, 33})
      for (const int rows : {1, 127, 128, 129, 1000}) {
        const auto x = test::uniform(channels * rows, 1);
        const auto found = sums_of(x, channels);
        for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
          double sum = 0, magnitude = 0, squares = 0;
          for (std::size_t i = c; i < x.size(); i += static_cast<std::size_t>(channels)) {
            sum += static_cast<double>(x[i]);
            magnitude += std::abs(static_cast<double>(x[i]));
            squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
          }
          CHECK(std::abs(found[c] - sum) <= 128 * 0x1p-24 * magnitude);
          CHECK(std::abs(found[static_cast<std::size_t>(channels) + c] - squares) <= 129 * 0x1p-24 * squares);
        }
      }
  }

  TEST_CASE("are the same bits for any number of threads") {
    const auto x = test::uniform(19 * 5000, 1);
    set_threads(1);
    const auto alone = sums_of(x, 19);
    for (const int count : {2, 3, 7}) {
      set_threads(count);
      CHECK(sums_of(x, 19) == alone);
    }
    set_threads(0);
  }

  TEST_CASE("begin at zero in every run") {
    detail::channel_sums sums;
    for (const float value : {3.0f, 5.0f}) {
      sums.run<1>(10, 2, [&](std::size_t, int, auto, auto&& add) { add(0, detail::vector(value)); });
      CHECK(sums.total(0, 0) == 10 * value);
      CHECK(sums.total(0, 1) == 10 * value);
    }
  }
}
