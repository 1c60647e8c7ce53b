#include <minnow/infer/stage.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include <minnow/infer/packed.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/bias.hpp>

using namespace minnow;

namespace {

struct staged_integers : model<image<3, 8, 8>, conv<33, scheme<pixels, sign>>, max_pool<2>, batch_norm,
                               conv<40, minw<2, 1>>, batch_norm, bias, relu, dense<10, minw<1, 3>>, batch_norm> {};
struct staged_mixed
    : model<image<3, 8, 8>, conv<8, scheme<real, sign>>, batch_norm, conv<8>, relu, quantize<ternary<>>, max_pool<2>,
            conv<4, scheme<integer<8>, integer<8, per_channel>>>, hard_tanh, dense<2, minw<16, 2>>> {};
struct codes_last : model<features<4>, dense<3, scheme<sign, sign>>, quantize<sign>> {};

using integer_stages = detail::stages<staged_integers>;
using mixed_stages = detail::stages<staged_mixed>;
template <std::size_t S>
using of_integers = detail::stage_plan<staged_integers, S>;
template <std::size_t S>
using of_mixed = detail::stage_plan<staged_mixed, S>;

}  // namespace

// The first product reads the pixels as codes. Each stage ends with the quantizer of the next product's inputs.
static_assert(integer_stages::count == 3);
static_assert(integer_stages::begin(0) == 1 && integer_stages::begin(1) == 5 && integer_stages::begin(2) == 10 &&
              integer_stages::begin(3) == 12);
static_assert(of_integers<0>::has_product && of_integers<0>::has_quantizer &&
              of_integers<0>::ends_in == minnow::detail::stage_end::thresholds && of_integers<0>::pools == 1);
static_assert(std::is_same_v<of_integers<0>::inputs, pixels> && std::is_same_v<of_integers<0>::outputs, ternary<>>);
static_assert(of_integers<0>::pool_window.out == shape{4, 4, 33});
static_assert(of_integers<1>::ops == 3 && of_integers<1>::ends_in == minnow::detail::stage_end::thresholds &&
              of_integers<1>::pools == 0);
static_assert(of_integers<1>::pool_window.out == of_integers<1>::window.out);
static_assert(!of_integers<2>::has_quantizer && of_integers<2>::ends_in != minnow::detail::stage_end::thresholds &&
              std::is_same_v<of_integers<2>::outputs, real>);
// A dense layer's weights are stored without padding between pixels, so a map of several pixels with padded channels is
// flattened first.
static_assert(!of_integers<1>::flattens && of_integers<2>::flattens && of_integers<2>::window.in == shape{1, 1, 640});

// A product begins a stage even without a quantizer. A quantizer that no product follows begins its own stage.
static_assert(mixed_stages::count == 5);
static_assert(mixed_stages::begin(1) == 2 && mixed_stages::begin(2) == 5 && mixed_stages::begin(3) == 7 &&
              mixed_stages::begin(4) == 10);
static_assert(!of_mixed<0>::integer_sums && !of_mixed<0>::has_quantizer && !of_mixed<1>::integer_sums &&
              of_mixed<1>::has_quantizer && of_mixed<1>::ends_in == minnow::detail::stage_end::thresholds);
static_assert(!of_mixed<2>::has_product && of_mixed<2>::has_quantizer &&
              of_mixed<2>::ends_in != minnow::detail::stage_end::thresholds);
static_assert(of_mixed<3>::integer_sums && of_mixed<3>::ends_in != minnow::detail::stage_end::thresholds,
              "half has no thresholds");

// If the last layer is a quantizer, it outputs values to the user, so its stage has no quantizer of codes.
static_assert(detail::stages<codes_last>::count == 2 && !detail::stage_plan<codes_last, 1>::has_quantizer);

TEST_SUITE("infer/stage") {
  TEST_CASE("a stage keeps packed weights and thresholds, or the constants of its layers") {
    const auto names = [](auto& network) {
      std::string result;
      network.each_stage([&](auto, auto& stage) {
        stage.sections([&](std::string_view name, std::span<std::byte> bytes) {
          result += std::string(name) + ":" + std::to_string(bytes.size()) + " ";
        });
        result += "| ";
      });
      return result;
    };
    packed<staged_integers> small;
    // The weights of the first stage are 3 blocks of 27 masks of 16 bits, one bit per filter. Its 33 channels take 48
    // lanes and have 2 thresholds each. The weights of the second stage are 40 filters of 9 window elements of 2 words.
    // Each of its channels has 1 threshold. The weights of the third stage are 10 units of 640 inputs in 3 bit planes.
    CHECK(names(small) ==
          "weights:162 flip:192 smallest:192 thresholds:384 | weights:2880 flip:192 smallest:192 thresholds:192 | "
          "weights:2400 scales:40 scale:40 shift:40 | ");
    packed<staged_mixed> other;
    CHECK(names(other) ==
          "weights:54 scales:32 scale:32 shift:32 | weights:2304 flip:64 smallest:64 thresholds:128 | scales:4 state:4 "
          "| weights:288 scales:16 | "
          "weights:256 scales:8 | ");
  }

  TEST_CASE("bytes begin at a multiple of 64, and copies are of their own") {
    detail::aligned_bytes a(100);
    for (std::size_t i = 0; i < 100; ++i) a.data()[i] = static_cast<std::byte>(i);
    detail::aligned_bytes b(a);
    b.data()[3] = std::byte{77};
    CHECK(a.data()[3] == std::byte{3});
    CHECK(b.data()[99] == std::byte{99});
    CHECK(reinterpret_cast<std::uintptr_t>(a.data()) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
    a = b;
    CHECK(a.data()[3] == std::byte{77});
    CHECK(a.size() == 100);
  }
}
