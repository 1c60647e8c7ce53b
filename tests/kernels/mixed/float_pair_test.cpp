#include <minnow/kernels/mixed/float_pair.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/kernels/operand.hpp>

#include "kernels/codes.hpp"
#include "kernels/operands.hpp"
#include "reference_convolution.hpp"

using namespace minnow;
using namespace test::operands;

namespace {

/// One product with packed codes, and its sums in double precision.
struct pair_problem {
  geometry g;
  test::packed_bytes inputs;
  test::packed_bytes weights;
  test::exact_sums sums;  // (pixels, F)

  pair_problem(const geometry& geo, test::packed_bytes packed_inputs, test::packed_bytes packed_weights,
               test::exact_sums expected)
      : g(geo), inputs(std::move(packed_inputs)), weights(std::move(packed_weights)), sums(std::move(expected)) {}

  [[nodiscard]] std::size_t row() const {
    return static_cast<std::size_t>(g.out.width) * static_cast<std::size_t>(kernels::sum_stride(g.out.channels));
  }
};

template <class In, class Weights>
pair_problem problem_of(const geometry& g, const std::vector<kernels::code<In::storage>>& x,
                        const std::vector<kernels::code<Weights::storage>>& w) {
  return {g, test::packed_inputs<In::storage, In::bits>(g.in, x),
          test::packed_weights<In::storage, Weights::storage, Weights::bits>(g, w), test::exact_outputs(g, 1, x, w)};
}

template <class In, class Weights>
pair_problem random_problem(const geometry& g, minnow::random& random) {
  const auto x = test::random_codes<In::storage, In::bits>(g.in.size(), random);
  return problem_of<In, Weights>(g, x, test::random_codes<Weights::storage, Weights::bits>(g.weights(), random));
}

/// A type-erased kernel, so that the checks are compiled only once.
struct kernel {
  const char* arch;
  std::string name;
  std::size_t prepared_bytes;
  std::size_t scratch_bytes;
  void (*prepare)(const geometry&, const std::byte*, std::byte*) noexcept;
  void (*rows)(const geometry&, const std::byte*, const std::byte*, const std::byte*, float*, std::byte*, int,
               int) noexcept;
};

template <class In, class Weights, class Arch>
kernel kernel_of(const geometry& g) {
  using pair = kernels::float_pair<In, Weights, Arch>;
  static_assert(std::is_same_v<typename pair::sum_type, float>);
  return {pair::arch_name(g),     pair::name(g), pair::prepared_bytes(g),
          pair::scratch_bytes(g), pair::prepare, pair::rows};
}

constexpr float untouched = -7.25f;

/// Returns all sums of a kernel, computed `together` rows at a time. Checks that nothing is written past the end of its
/// memory.
std::vector<float> sums_of(const kernel& k, const pair_problem& p, int together) {
  test::packed_bytes prepared(k.prepared_bytes);
  test::packed_bytes scratch(k.scratch_bytes);
  k.prepare(p.g, p.weights.data(), prepared.data());
  std::vector<float> sums(p.row() * static_cast<std::size_t>(p.g.out.height) + 16, untouched);
  for (int first = 0; first < p.g.out.height; first += together) {
    const int last = std::min(first + together, p.g.out.height);
    k.rows(p.g, p.inputs.data(), p.weights.data(), prepared.data(),
           sums.data() + static_cast<std::size_t>(first) * p.row(), scratch.data(), first, last);
    const auto behind = sums.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(last) * p.row());
    CHECK(std::all_of(behind, sums.end(), [](float x) { return x == untouched; }));
  }
  CHECK(prepared.untouched_behind());
  CHECK(scratch.untouched_behind());
  return sums;
}

/// Returns true if the error of each sum is at most 2 K roundings, where K is the number of inputs. Each rounding is at
/// most 2^-24 of the sum of the terms' magnitudes. A kernel rounds in K additions, and in a few more that join partial
/// sums; its multiplications by 2 are exact.
bool are_close(const pair_problem& p, const std::vector<float>& sums) {
  const auto stride = static_cast<std::size_t>(kernels::sum_stride(p.g.out.channels));
  const auto filters = static_cast<std::size_t>(p.g.out.channels);
  for (std::size_t pixel = 0; pixel < static_cast<std::size_t>(p.g.out.pixels()); ++pixel) {
    for (std::size_t f = 0; f < stride; ++f) {
      const double sum = static_cast<double>(sums[pixel * stride + f]);
      const double exact = f < filters ? p.sums.exact[pixel * filters + f] : 0;
      const double bound = f < filters ? 2 * p.g.inputs() * 0x1p-24 * p.sums.magnitude[pixel * filters + f] : 0;
      if (!(std::abs(sum - exact) <= bound)) {
        MESSAGE("pixel ", pixel, " filter ", f, ": ", sum, " instead of ", exact);
        return false;
      }
    }
  }
  return true;
}

void check_pair_kernel(const kernel& k, const pair_problem& p) {
  CAPTURE(k.arch);
  CAPTURE(k.name);
  CAPTURE(p.g.in.height);
  CAPTURE(p.g.in.width);
  CAPTURE(p.g.in.channels);
  CAPTURE(p.g.kernel.height);
  CAPTURE(p.g.out.channels);
  const auto sums = sums_of(k, p, p.g.out.height);
  CHECK(are_close(p, sums));
  for (const int together : {1, 2, 3}) {
    const auto parts = sums_of(k, p, together);
    CHECK(std::memcmp(parts.data(), sums.data(), sums.size() * sizeof(float)) == 0);
  }
}

/// Returns many layers. The numbers of inputs of the dense layers are around the sizes of words and of lookup-table
/// groups. Windows have many sizes, strides and paddings. Tiles are full, partly filled, or span rows. Blocks of 16
/// filters are full or partial, for every number of blocks that a kernel computes together.
std::vector<geometry> geometries() {
  std::vector<geometry> result;
  for (const int inputs : {1, 2, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65})
    result.push_back(dense_over({1, 1, inputs}, 33));
  for (const int filters : {1, 7, 16, 17, 33, 64, 129, 300}) result.push_back(dense_over({1, 1, 41}, filters));
  for (const int filters : {1, 16, 17, 64, 129})
    result.push_back(window_over({5, 7, 6}, filters, {3, 3}, {1, 1}, {1, 1}));
  for (const int channels : {1, 2, 3, 4, 7, 15, 33, 48})
    result.push_back(window_over({4, 5, channels}, 48, {3, 3}, {1, 1}, {1, 1}));
  result.push_back(window_over({6, 29, 5}, 64, {1, 1}, {1, 1}, {0, 0}));
  result.push_back(window_over({9, 8, 13}, 40, {1, 1}, {2, 2}, {0, 0}));
  result.push_back(window_over({9, 8, 13}, 130, {3, 3}, {2, 2}, {1, 1}));
  result.push_back(window_over({7, 6, 3}, 33, {5, 3}, {1, 2}, {2, 0}));
  result.push_back(window_over({6, 9, 10}, 130, {5, 3}, {2, 1}, {0, 2}));
  result.push_back(window_over({3, 2, 9}, 129, {3, 2}, {1, 1}, {2, 2}));  // some windows contain only padding
  result.push_back(window_over({12, 1, 4}, 17, {3, 1}, {1, 1}, {1, 0}));
  result.push_back(window_over({8, 6, 9}, 33, {3, 3}, {2, 2}, {0, 0}, {1, 1}));
  result.push_back(window_over({7, 5, 9}, 64, {4, 4}, {1, 1}, {3, 0}, {0, 2}));
  result.push_back(window_over({10, 3, 4}, 144, {2, 2}, {3, 3}, {0, 0}));  // no window reads some of the rows
  result.push_back(window_over({1, 5, 330}, 80, {1, 3}, {1, 1}, {0, 1}));  // windows whose data exceeds the L1 cache
  return result;
}

template <class In, class Weights>
void check_on_all_archs() {
  minnow::random random{minnow::seed{17}};
  for (const geometry& g : geometries()) {
    const pair_problem p = random_problem<In, Weights>(g, random);
    kernels::available_archs::for_each(
        [&](auto arch) { check_pair_kernel(kernel_of<In, Weights, decltype(arch)>(g), p); });
  }
}

/// Checks the lowest and the highest architecture, and vectors of 4 floats if available.
template <class In, class Weights>
void check_on_some_archs() {
  using four = std::conditional_t<xsimd::sse2::supported(), xsimd::sse2, kernels::portable>;
  minnow::random random{minnow::seed{19}};
  for (const geometry& g : {dense_over({1, 1, 67}, 77), window_over({5, 7, 6}, 49, {3, 3}, {1, 1}, {1, 1}),
                            window_over({6, 9, 35}, 130, {5, 3}, {2, 1}, {0, 2})}) {
    const pair_problem p = random_problem<In, Weights>(g, random);
    check_pair_kernel(kernel_of<In, Weights, kernels::portable>(g), p);
    check_pair_kernel(kernel_of<In, Weights, four>(g), p);
    check_pair_kernel(kernel_of<In, Weights, kernels::best>(g), p);
  }
}

}  // namespace

TEST_SUITE("kernels/mixed/float_pair") {
  TEST_CASE("half inputs by weights of 1, 2 and 3 bits") {
    check_on_all_archs<half_floats, bit>();
    check_on_all_archs<half_floats, ternary>();
    check_on_all_archs<half_floats, power3>();
  }
  TEST_CASE("real inputs by weights of 1, 2 and 3 bits") {
    check_on_all_archs<real_floats, bit>();
    check_on_all_archs<real_floats, ternary>();
    check_on_all_archs<real_floats, power3>();
  }
  TEST_CASE("inputs of 1, 2 and 3 bits by half weights") {
    check_on_all_archs<bit, half_floats>();
    check_on_all_archs<ternary, half_floats>();
    check_on_all_archs<power3, half_floats>();
  }
  TEST_CASE("floats by floats") {
    check_on_all_archs<half_floats, half_floats>();
    check_on_all_archs<half_floats, real_floats>();
    check_on_all_archs<real_floats, half_floats>();
    check_on_all_archs<real_floats, real_floats>();
  }
  TEST_CASE("vectors of four floats") {
    check_on_some_archs<half_floats, bit>();
    check_on_some_archs<real_floats, power3>();
    check_on_some_archs<ternary, half_floats>();
    check_on_some_archs<half_floats, half_floats>();
  }
  TEST_CASE("power-of-two codes of other widths") {
    check_on_some_archs<half_floats, power2>();
    check_on_some_archs<real_floats, power4>();
    check_on_some_archs<power2, half_floats>();
    check_on_some_archs<power4, real_floats>();
  }
  TEST_CASE("integers with floats") {
    check_on_some_archs<bit, real_floats>();
    check_on_some_archs<pixel, half_floats>();
    check_on_some_archs<byte_codes, real_floats>();
    check_on_some_archs<half_floats, nibble>();
    check_on_some_archs<half_floats, byte_codes>();
  }

  TEST_CASE("halves of every size are widened exactly") {
    // Subnormal, largest and smallest numbers. Each is the only term of its sum.
    const std::vector<float> x{0x1p-24f, -0x1.8p-23f, 65504.0f, -0x1p-14f, 0.0f, 1.0f, -2.5f, 0x1.ff8p-15f, 3.0f,
                               0x1p-24f, -0x1.8p-23f, 65504.0f, -0x1p-14f, 0.0f, 1.0f, -2.5f, 0x1.ff8p-15f, 3.0f};
    const geometry g = window_over({1, 18, 1}, 2, {1, 1}, {1, 1}, {0, 0});
    const geometry dense = dense_over({1, 1, 1}, 18);
    const pair_problem inputs = problem_of<half_floats, real_floats>(g, x, {1.0f, -4.0f});
    const pair_problem weights = problem_of<real_floats, half_floats>(dense, {1.0f}, x);
    kernels::available_archs::for_each([&](auto arch) {
      const auto sums = sums_of(kernel_of<half_floats, real_floats, decltype(arch)>(g), inputs, 1);
      const auto row = sums_of(kernel_of<real_floats, half_floats, decltype(arch)>(dense), weights, 1);
      for (std::size_t i = 0; i < x.size(); ++i) {
        CHECK(sums[16 * i] == x[i]);
        CHECK(sums[16 * i + 1] == -4 * x[i]);
        CHECK(row[i] == x[i]);
      }
    });
  }

  TEST_CASE("tables leave out an input whose weight is 0, were it no number") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const geometry g = window_over({1, 2, 6}, 300, {1, 1}, {1, 1}, {0, 0});
    std::vector<std::int16_t> weights(static_cast<std::size_t>(g.weights()));
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] = static_cast<std::int16_t>(static_cast<int>(i % 3) - 1);
    weights[1] = 0;      // filter 0 has weight 0 for the NaN input and skips it
    weights[6 + 1] = 1;  // filter 1 uses the NaN input
    const pair_problem p = problem_of<real_floats, ternary>(g, {1, nan, 2, 3, 4, 5, 1, nan, 2, 3, 4, 5}, weights);
    kernels::available_archs::for_each([&](auto arch) {
      const kernel k = kernel_of<real_floats, ternary, decltype(arch)>(g);
      if (k.name == "decoded") return;  // this kernel multiplies by weights, and 0 * NaN is NaN
      const auto sums = sums_of(k, p, 1);
      CHECK(!std::isnan(sums[0]));
      CHECK(std::isnan(sums[1]));
    });
  }

  TEST_CASE("every kernel says its name and its architecture") {
    const geometry wide = window_over({8, 8, 64}, 64, {3, 3}, {1, 1}, {1, 1});
    const auto name = [&](auto pair) { return std::string(decltype(pair)::name(wide)); };
    using kernels::float_pair, kernels::portable;
    CHECK(name(float_pair<half_floats, bit, portable>{}) == "adder");
    CHECK(name(float_pair<half_floats, power3, portable>{}) == "shift adder");
    CHECK(name(float_pair<ternary, half_floats, portable>{}) == "adder");
    CHECK(name(float_pair<power3, half_floats, portable>{}) == "shift adder");
    CHECK(name(float_pair<half_floats, half_floats, portable>{}) == "mac");
    CHECK(std::string(float_pair<real_floats, real_floats, portable>::arch_name(wide)) == "portable");
    kernels::available_archs::for_each([&](auto arch) {
      using on = decltype(arch);
      if constexpr (!std::is_same_v<on, portable>) {
        constexpr bool tables = std::is_base_of_v<xsimd::avx512f, on>;
        CHECK(name(float_pair<half_floats, bit, on>{}) == (tables ? "tables" : "decoded"));
        CHECK(name(float_pair<real_floats, ternary, on>{}) == (tables ? "tables" : "decoded"));
        CHECK(name(float_pair<half_floats, power3, on>{}) == "decoded");
        CHECK(name(float_pair<bit, half_floats, on>{}) == "decoded");
        CHECK(name(float_pair<real_floats, half_floats, on>{}) == "mac");
        CHECK(std::string(float_pair<half_floats, bit, on>::name(window_over({8, 8, 1}, 64, {3, 3}, {1, 1}, {1, 1}))) ==
              "decoded");
      }
    });
  }
}
