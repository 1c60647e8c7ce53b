#include <minnow/infer/ends/fixed_average.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/quantize/methods/affine.hpp>

#include "infer/ends/given_sums.hpp"
#include "reference_convolution.hpp"

using namespace minnow;
using minnow::detail::end_of;
using minnow::detail::stage_end;
using minnow::detail::stage_plan;

namespace {

using averaged_bytes = scheme<integer<8>, integer<8>>;
/// A model whose first stage (see infer/stage_plan.hpp) has an average pool with padding between two batch norms.
struct of_padded_average : model<image<2, 7, 5>, conv<19, scheme<pixels, integer<8>>>, batch_norm, hard_tanh,
                                 average_pool<3, stride<2>, padding<1>>, batch_norm, relu6, dense<3, averaged_bytes>> {
};
/// A model whose second stage adds codes before a global average pool.
struct of_averaged_join : model<image<2, 4, 5>, conv<18, scheme<pixels, integer<8>>>, batch_norm, relu,
                                residual<chain<conv<18, integer<8>>, batch_norm>, chain<>, unsigned_integer<8>>, relu,
                                global_average_pool, dense<3, scheme<affine_integer<8>, integer<8>>>> {};
/// A model whose second stage averages codes and has no product.
struct of_averaged_codes
    : model<image<2, 4, 6>, conv<17, scheme<pixels, integer<8>>>, batch_norm, quantize<unsigned_integer<8>>,
            average_pool<2>, bias, conv<4, averaged_bytes>, batch_norm> {};
template <class Model, std::size_t Stage>
using average_plan = stage_plan<fixed_point<Model>, Stage>;

static_assert(average_plan<of_padded_average, 0>::ends_in == stage_end::fixed_average);
static_assert(average_plan<of_averaged_join, 1>::ends_in == stage_end::fixed_average &&
              average_plan<of_averaged_join, 1>::joins == 1);
static_assert(average_plan<of_averaged_codes, 1>::ends_in == stage_end::fixed_average &&
              !average_plan<of_averaged_codes, 1>::has_product);
static_assert(stage_plan<of_padded_average, 0>::ends_in == stage_end::floats);
static_assert(
    minnow::detail::stage_end_of<end_of<average_plan<of_padded_average, 0>>, average_plan<of_padded_average, 0>>);

/// Fills the layers of a stage with random numbers. Some channels fall, some are constant.
template <class Plan>
end_of<Plan> some_average(minnow::random& r) {
  end_of<Plan> end;
  for (float& s : end.scales) s = std::ldexp(r.uniform(0.5f, 2), r.below(9) - 14);
  end.each_op([&](auto i, auto& reading) {
    using layer = typename Plan::template op<i>;
    if constexpr (std::is_same_v<layer, batch_norm>)
      for (int c = 0; c < Plan::window.out.channels; ++c)
        reading.set(c, {c % 7 == 3 ? 0.0f : r.uniform(-2, 2), r.uniform(-1, 1)});
    if constexpr (std::is_same_v<layer, add>) reading.scale[0] = 0.01f;
    if constexpr (std::is_same_v<layer, bias>)
      minnow::detail::visit_arrays(reading, [&](std::string_view, std::span<float> values) {
        for (float& v : values) v = r.uniform(-1, 1);
      });
  });
  return end;
}

/// The code of a window in double precision, before it is rounded: the formula of the layers.
template <class Plan, class Sum, class Other>
double exact_code(const end_of<Plan>& end, int wy, int wx, int c, const Sum& sum, const Other& other) {
  constexpr geometry pool = Plan::pool_window;
  const auto apply = [&](double x, bool after, int pixel) {
    end.each_op([&](auto i, const auto& reading) {
      using layer = typename Plan::template op<i>;
      if ((i > Plan::pool) != after) return;
      if constexpr (join_layer<layer>) x += static_cast<double>(reading.scale[0]) * other(pixel, c);
      else if constexpr (std::is_same_v<layer, batch_norm> || std::is_same_v<layer, bias>)
        x = x * static_cast<double>(reading.at(c).scale) + static_cast<double>(reading.at(c).shift);
      else if constexpr (std::is_same_v<layer, relu>) x = std::max(x, 0.0);
      else if constexpr (std::is_same_v<layer, relu6>) x = std::clamp(x, 0.0, 6.0);
      else if constexpr (std::is_same_v<layer, hard_tanh>) x = std::clamp(x, -1.0, 1.0);
    });
    return x;
  };
  double total = 0;
  test::for_each_tap(pool, wy, wx, [&](int row, int column, int) {
    const int pixel = row * pool.in.width + column;
    total += apply(sum(pixel, c) * static_cast<double>(end.scales[Plan::has_product ? static_cast<std::size_t>(c) : 0]),
                   false, pixel);
  });
  return apply(total / (pool.kernel.height * pool.kernel.width), true, 0);
}

/// Runs the end on sums and compares each code with the formula. Returns the number of codes inside their limits.
template <class Plan>
int check_average(const end_of<Plan>& end, const std::vector<std::int32_t>& sums, const std::vector<std::byte>& other,
                  bool other_is_unsigned, int other_zero, int lowest, int highest) {
  const int channels = Plan::window.out.channels;
  std::array<const std::byte*, Plan::ops> others{};
  std::array<int, Plan::ops> zeros{};
  if constexpr (Plan::joins > 0) {
    others[minnow::detail::join_of<Plan>] = other.data();
    zeros[minnow::detail::join_of<Plan>] = other_zero;
  }
  const auto found = test::codes_of<Plan>(test::run_end<Plan>(end, sums, others, zeros));
  const auto sum = [&](int pixel, int c) {
    return static_cast<double>(sums[static_cast<std::size_t>(pixel * channels + c)]);
  };
  const auto added = [&](int pixel, int c) {
    const std::byte b = other[static_cast<std::size_t>(pixel * channels + c)];
    return (other_is_unsigned ? static_cast<double>(static_cast<std::uint8_t>(b))
                              : static_cast<double>(static_cast<std::int8_t>(b))) -
           other_zero;
  };
  const double scale = static_cast<double>(Plan::outputs::scale(end.out_state));
  int inner = 0;
  for (int wy = 0; wy < Plan::out.height; ++wy)
    for (int wx = 0; wx < Plan::out.width; ++wx)
      for (int c = 0; c < channels; ++c) {
        const double code = exact_code<Plan>(end, wy, wx, c, sum, added) / scale + end.zero();
        const double wanted =
            std::clamp(std::nearbyint(code), static_cast<double>(lowest), static_cast<double>(highest));
        const double got =
            static_cast<double>(found[static_cast<std::size_t>((wy * Plan::out.width + wx) * channels + c)]);
        CHECK(std::abs(got - wanted) <= 1);
        // Away from the middle of two codes there is no difference.
        if (std::abs(code - std::floor(code) - 0.5) > 1e-4) CHECK(got == wanted);
        inner += lowest < wanted && wanted < highest;
      }
  return inner;
}

}  // namespace

TEST_SUITE("infer/ends/fixed_average") {
  TEST_CASE("a padded average between two batch norms: the formula in double precision") {
    using plan = average_plan<of_padded_average, 0>;
    minnow::random r(seed{5});
    for (int trial = 0; trial < 40; ++trial) {
      auto end = some_average<plan>(r);
      end.out_state.g = trial == 0 ? 1.0f : r.uniform(0.005f, 0.05f);
      end.derive();
      std::vector<std::int32_t> sums(static_cast<std::size_t>(plan::window.out.size()));
      for (auto& s : sums) s = r.below(40000) - 20000;
      CHECK(check_average<plan>(end, sums, {}, false, 0, -127, 127) > 0);
    }
  }

  TEST_CASE("a global average after a join, to codes with a zero point") {
    using plan = average_plan<of_averaged_join, 1>;
    minnow::random r(seed{6});
    for (int trial = 0; trial < 40; ++trial) {
      auto end = some_average<plan>(r);
      end.out_state = {-r.uniform(0.01f, 1), r.uniform(1, 4)};
      end.derive();
      CHECK(end.zero() > 0);
      const auto size = static_cast<std::size_t>(plan::window.out.size());
      std::vector<std::int32_t> sums(size);
      std::vector<std::byte> other(size);
      for (auto& s : sums) s = r.below(40000) - 20000;
      for (auto& o : other) o = static_cast<std::byte>(r.below(256));
      CHECK(check_average<plan>(end, sums, other, true, trial % 2 * 7, 0, 255) > 0);
    }
  }

  TEST_CASE("sums of any size saturate, and none overflows") {
    using plan = average_plan<of_averaged_join, 1>;
    minnow::random r(seed{7});
    auto end = some_average<plan>(r);
    end.out_state = {-1, 1};
    for (const float scale : {1e-30f, 1e-3f, 1e30f}) {
      for (float& s : end.scales) s = scale;
      end.derive();
      const int bound = 18 * 9 * 127 * 127;
      for (const int sum : {-bound, 0, bound}) {
        // With 1e30, a single sum is many times the range of the codes, and the constants beside it have no digits left.
        if (scale > 1 && sum == 0) continue;
        const std::vector<std::int32_t> sums(static_cast<std::size_t>(plan::window.out.size()), sum);
        const std::vector<std::byte> other(sums.size(), std::byte{255});
        check_average<plan>(end, sums, other, true, 0, 0, 255);
      }
    }
  }

  TEST_CASE("codes without a product: bytes in, bytes out") {
    using plan = average_plan<of_averaged_codes, 1>;
    minnow::random r(seed{8});
    auto end = some_average<plan>(r);
    end.scales[0] = 0.02f;
    end.out_state.g = 0.05f;
    end.derive();
    std::vector<std::byte> codes(static_cast<std::size_t>(plan::in.size()));
    for (auto& b : codes) b = static_cast<std::byte>(r.below(256));
    std::vector<std::int64_t> totals(static_cast<std::size_t>(plan::out.size()));
    std::vector<std::byte> output(totals.size());
    end.template run<test::given_sums, kernels::best>({{plan::window,
                                                        plan::pool_window,
                                                        plan::begin,
                                                        {codes.data(), nullptr, nullptr, nullptr},
                                                        nullptr,
                                                        nullptr,
                                                        1,
                                                        0},
                                                       output.data(),
                                                       {},
                                                       {},
                                                       reinterpret_cast<std::uint32_t*>(totals.data())});
    for (int y = 0; y < plan::out.height; ++y)
      for (int x = 0; x < plan::out.width; ++x)
        for (int c = 0; c < 17; ++c) {
          const double code = exact_code<plan>(
                                  end, y, x, c,
                                  [&](int pixel, int channel) {
                                    return static_cast<double>(static_cast<std::uint8_t>(
                                        codes[static_cast<std::size_t>(pixel * 17 + channel)]));
                                  },
                                  [](int, int) { return 0.0; }) /
                              static_cast<double>(end.out_state.g);
          const auto found = static_cast<double>(
              static_cast<std::int8_t>(output[static_cast<std::size_t>((y * plan::out.width + x) * 17 + c)]));
          const double wanted = std::clamp(std::nearbyint(code), -127.0, 127.0);
          CHECK(std::abs(found - wanted) <= 1);
          if (std::abs(code - std::floor(code) - 0.5) > 1e-4) CHECK(found == wanted);
        }
  }

  TEST_CASE("files store the layers, as an end in floats does") {
    end_of<average_plan<of_padded_average, 0>> end;
    const end_of<stage_plan<of_padded_average, 0>> floats;
    CHECK(test::arrays_of(end) == test::arrays_of(floats));
    CHECK(std::string(end.layer_word) == "fixed point");
    // 4 x 3 windows of 19 channels, 8 bytes each.
    static_assert(decltype(end)::memory().waiting == 4 * 3 * 19 * 8);
  }

  TEST_CASE("a scale of 0 makes every code 0") {
    using plan = average_plan<of_padded_average, 0>;
    minnow::random r(seed{9});
    auto end = some_average<plan>(r);
    end.out_state.g = 0;
    end.derive();
    const auto codes = test::codes_of<plan>(
        test::run_end<plan>(end, std::vector<std::int32_t>(static_cast<std::size_t>(plan::window.out.size()), 12345)));
    CHECK(std::all_of(codes.begin(), codes.end(), [](float code) { return code == 0; }));
  }
}
