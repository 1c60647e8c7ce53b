#include <minnow/infer/inferable.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/layers/activation.hpp>
#include <minnow/quantize/scheme.hpp>

using namespace minnow;

static_assert(monotone_layer<batch_norm> && monotone_layer<bias> && monotone_layer<relu> && monotone_layer<relu6> &&
              monotone_layer<hard_tanh>);
static_assert(inferable_layer<max_pool<2>> && !monotone_layer<max_pool<2>> && !monotone_layer<average_pool<2>>);

namespace {

struct triangle : same_shape {
  static constexpr text name() { return "triangle"; }
  static constexpr bool increasing = false;
  static constexpr float apply(float x) { return x < 0 ? -x : x; }
  static constexpr float slope(float x) { return x < 0 ? -1.0f : 1.0f; }
};

template <class Reading>
std::vector<float> run(const Reading& reading, const std::vector<float>& in, std::size_t out) {
  std::vector<float> result(out, -99);
  reading.run(in.data(), result.data());
  return result;
}

/// Returns the names and sizes of the arrays that a file stores. If `fill` is not empty, overwrites each array with the
/// first numbers of `fill`.
template <class Reading>
std::string arrays(Reading& reading, const std::vector<float>& fill = {}) {
  std::string names;
  minnow::detail::visit_arrays(reading, [&](std::string_view name, std::span<float> values) {
    names += std::string(name) + ":" + std::to_string(values.size()) + " ";
    if (!fill.empty()) std::copy_n(fill.begin(), values.size(), values.begin());
  });
  return names;
}

}  // namespace

static_assert(inferable_layer<triangle> && !monotone_layer<triangle>, "what neither rises nor falls is not folded");

namespace {

/// Specializations of `inferable` that list their arrays as in version 0.1 and as in the current version.
struct listed_by_member {
  std::vector<float> numbers{1, 2};
  void arrays(auto&& visit) { visit("numbers", std::span<float>(numbers)); }
};
struct listed_by_function {
  std::vector<float> numbers{1, 2};
  static void arrays(auto& self, auto&& visit) { visit("numbers", std::span(self.numbers)); }
};

}  // namespace

static_assert(!minnow::detail::lists_const_arrays<listed_by_member>);
static_assert(minnow::detail::lists_const_arrays<listed_by_function>);
static_assert(minnow::detail::lists_const_arrays<inferable<relu>>, "it has no arrays");
static_assert(minnow::detail::lists_const_arrays<inferable<batch_norm>> &&
              minnow::detail::lists_const_arrays<inferable<bias>> &&
              minnow::detail::lists_const_arrays<inferable<quantize<integer<8>>>> &&
              minnow::detail::lists_const_arrays<inferable<add>> &&
              minnow::detail::lists_const_arrays<inferable<concatenate>> &&
              minnow::detail::lists_const_arrays<inferable<scale_positions>>);
static_assert(inferable_layer<channel_magnitude> && !monotone_layer<channel_magnitude>);

TEST_SUITE("infer/inferable") {
  TEST_CASE("batch norm is one fma for each channel, rising, falling or constant by its scale") {
    inferable<batch_norm> reading({1, 2, 3});
    CHECK(arrays(reading) == "scale:3 shift:3 ");
    CHECK(run(reading, {1, 2, 3, 4, 5, 6}, 6) == std::vector<float>{1, 2, 3, 4, 5, 6});
    reading.set(0, {0.1f, -0.3f});
    reading.set(1, {-2, 1});
    reading.set(2, {0, 5});
    CHECK(run(reading, {3, 1, 7, -1, 0, -7}, 6) ==
          std::vector<float>{std::fma(3.0f, 0.1f, -0.3f), -1, 5, std::fma(-1.0f, 0.1f, -0.3f), 1, 5});
    CHECK(reading.direction(0) == 1);
    CHECK(reading.direction(1) == -1);
    CHECK(reading.direction(2) == 0);
  }

  TEST_CASE("bias adds one number a channel") {
    inferable<bias> reading({2, 1, 2});
    CHECK(arrays(reading, {0.5f, -1}) == "bias:2 ");
    CHECK(run(reading, {1, 2, 3, 4}, 4) == std::vector<float>{1.5f, 1, 3.5f, 3});
    CHECK(reading.direction(1) == 1);
  }

  TEST_CASE("element-wise layers apply their function to every number") {
    CHECK(run(inferable<relu>({1, 2, 2}), {-1, 0, 2, -3}, 4) == std::vector<float>{0, 0, 2, 0});
    CHECK(run(inferable<relu6>({1, 2, 2}), {-1, 0, 2, 9}, 4) == std::vector<float>{0, 0, 2, 6});
    CHECK(run(inferable<hard_tanh>({1, 1, 3}), {-1.5f, 0.25f, 9}, 3) == std::vector<float>{-1, 0.25f, 1});
    CHECK(run(inferable<triangle>({1, 1, 2}), {-1.5f, 0.25f}, 2) == std::vector<float>{1.5f, 0.25f});
  }

  TEST_CASE("pools take the largest or the mean of each window, channel by channel") {
    // 3 x 3 pixels of 2 channels with the values 0 … 17.
    std::vector<float> in(18);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
    CHECK(run(inferable<max_pool<2, stride<1>>>({3, 3, 2}), in, 8) == std::vector<float>{8, 9, 10, 11, 14, 15, 16, 17});
    CHECK(run(inferable<max_pool<2>>({3, 3, 2}), in, 2) == std::vector<float>{8, 9});
    CHECK(run(inferable<average_pool<2, stride<1>>>({3, 3, 2}), in, 8) ==
          std::vector<float>{4, 5, 6, 7, 10, 11, 12, 13});
    CHECK(run(inferable<average_pool<1, kernel<3, 1>, stride<1>>>({3, 3, 2}), in, 6) ==
          std::vector<float>{18 * (1.0f / 3), 21 * (1.0f / 3), 24 * (1.0f / 3), 27 * (1.0f / 3), 30 * (1.0f / 3),
                             33 * (1.0f / 3)});
    CHECK(run(inferable<global_average_pool>({3, 3, 2}), in, 2) ==
          std::vector<float>{72 * (1.0f / 9), 81 * (1.0f / 9)});
    CHECK(run(inferable<max_pool<2>>({2, 2, 1}), {-4, -3, -5, -6}, 1) == std::vector<float>{-3});
  }

  TEST_CASE("the padding of a pool is never the largest and counts as zeros in a mean") {
    const std::vector<float> in{-1, -2, -3,  //
                                -4, -5, -6,  //
                                -7, -8, -9};
    CHECK(run(inferable<max_pool<3, stride<2>, padding<1>>>({3, 3, 1}), in, 4) == std::vector<float>{-1, -2, -4, -5});
    CHECK(run(inferable<average_pool<3, stride<2>, padding<1>>>({3, 3, 1}), in, 4) ==
          std::vector<float>{-12 * (1.0f / 9), -16 * (1.0f / 9), -24 * (1.0f / 9), -28 * (1.0f / 9)});
  }

  TEST_CASE("the magnitude of channels is a mean for each pixel, and a scale multiplies all channels of a pixel") {
    CHECK(run(inferable<channel_magnitude>({1, 2, 3}), {-1, 2, -6, 0, 0, 0.75f}, 2) == std::vector<float>{3, 0.25f});
    inferable<scale_positions> reading({1, 2, 3}, {1, 2, 1});
    CHECK(arrays(reading, {0.1f}) == "scale:1 ");
    const std::vector<float> body{1, 2, 3, -4, 5, 0.3f}, other{7, -3};
    std::vector<float> found(6);
    reading.run(body.data(), other.data(), found.data());
    for (std::size_t i = 0; i < 6; ++i) {
      volatile float factor = other[i / 3] * 0.1f;  // rounded before the second multiplication
      CHECK(found[i] == body[i] * factor);
    }
  }

  TEST_CASE("a quantizer at the end hands on values") {
    CHECK(run(inferable<quantize<sign>>({1, 1, 3}), {-2, 0, 0.5f}, 3) == std::vector<float>{-1, -1, 1});
    CHECK(run(inferable<quantize<power_of_two<3>>>({1, 1, 3}), {0.3f, 0.9f, -0.5f}, 3) ==
          std::vector<float>{0.25f, 1, -0.5f});
    inferable<quantize<integer<8>>> reading({1, 1, 3});
    CHECK(arrays(reading, {0.5f}) == "state:1 ");
    CHECK(run(reading, {0.3f, 100, -0.8f}, 3) == std::vector<float>{0.5f, 63.5f, -1});
  }

  TEST_CASE("a reading's arrays are visited in either form, of a const reading as const numbers") {
    listed_by_member by_member;
    listed_by_function by_function;
    CHECK(arrays(by_member, {5, 6}) == "numbers:2 ");
    CHECK(arrays(by_function, {5, 6}) == "numbers:2 ");
    CHECK(by_member.numbers == std::vector<float>{5, 6});
    CHECK(by_function.numbers == std::vector<float>{5, 6});
    std::vector<float> found;
    minnow::detail::visit_arrays(std::as_const(by_function), [&](std::string_view, std::span<const float> values) {
      found.assign(values.begin(), values.end());
    });
    CHECK(found == std::vector<float>{5, 6});
    const inferable<relu> without({1, 1, 1});
    minnow::detail::visit_arrays(without, [&](std::string_view, std::span<const float>) { found.clear(); });
    CHECK(found.size() == 2);
  }
}
