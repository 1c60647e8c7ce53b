#include <minnow/kernels/grouped/grouped.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/kernels/reference.hpp>
#include <minnow/kernels/sink/sink.hpp>

#include "kernels/codes.hpp"
#include "kernels/operands.hpp"

using namespace minnow;
using namespace test::operands;

namespace {

static_assert(kernels::grouped_product<byte_codes, byte_codes, kernels::portable>::longest() == 65535);

/// Returns depthwise shapes, shapes with small groups whose lanes read different inputs, shapes with groups of at least
/// 16 filters, and shapes with blocks of filters that span two groups. Includes a convolution with a single group,
/// kernel rows that do not fill the last 4-byte step of a dot product, and a window larger than the map.
const std::vector<geometry>& grouped_shapes() {
  static const std::vector<geometry> all = [] {
    std::vector<geometry> list{
        window_over({5, 6, 1}, 1, {3, 3}, {1, 1}, {1, 1}, 1), window_over({5, 6, 7}, 7, {3, 3}, {1, 1}, {1, 1}, 7),
        window_over({9, 21, 33}, 33, {3, 3}, {1, 1}, {1, 1}, 33),
        window_over({7, 8, 64}, 64, {5, 2}, {2, 1}, {2, 1}, 64),
        window_over({4, 4, 48}, 48, {7, 7}, {1, 2}, {3, 3}, 48), window_over({1, 13, 5}, 15, {1, 4}, {1, 3}, {0, 3}, 5),
        window_over({6, 5, 12}, 8, {3, 3}, {2, 2}, {1, 1}, 4), window_over({6, 5, 6}, 36, {3, 2}, {1, 1}, {0, 1}, 2),
        window_over({5, 7, 64}, 64, {3, 3}, {1, 1}, {1, 1}, 2), window_over({5, 4, 10}, 51, {2, 3}, {1, 2}, {1, 1}, 3),
        window_over({3, 3, 32}, 128, {1, 1}, {1, 1}, {0, 0}, 4), window_over({4, 5, 3}, 18, {3, 3}, {1, 1}, {1, 1}, 1),
        window_over({2, 3, 4}, 4, {5, 5}, {1, 1}, {2, 2}, 4), window_over({60, 70, 40}, 40, {3, 3}, {1, 1}, {1, 1}, 40),
        // Shapes for which only some rows are kept in memory at a time, with windows that overlap and windows that skip
        // rows.
        window_over({61, 70, 40}, 40, {5, 3}, {2, 1}, {2, 1}, 40),
        window_over({70, 90, 36}, 36, {1, 3}, {3, 2}, {0, 1}, 36),
        window_over({40, 64, 24}, 48, {7, 5}, {3, 1}, {6, 2}, 12),
        window_over({33, 40, 64}, 64, {4, 3}, {1, 1}, {2, 1}, 2),
        // A stride of 2 with padding below and on the right only, as TensorFlow has it.
        window_over({16, 20, 48}, 48, {3, 3}, {2, 2}, {0, 0}, {1, 1}, 48)};
    minnow::random random{minnow::seed{5}};
    const auto below = [&](int n) { return random.below(n); };
    while (list.size() < 30) {
      const int groups = 1 + below(9);
      const extent kernel{1 + below(4), 1 + below(4)};
      const geometry g = window_over({1 + below(7), 1 + below(9), groups * (1 + below(6))}, groups * (1 + below(22)),
                                     kernel, {1 + below(3), 1 + below(3)}, {below(kernel.height), below(kernel.width)},
                                     {below(kernel.height), below(kernel.width)}, groups);
      if (g.out.height > 0 && g.out.width > 0) list.push_back(g);
    }
    return list;
  }();
  return all;
}

template <class Operand>
constexpr float largest_code_of =
    is_integer(Operand::storage) ? static_cast<float>(kernels::detail::largest_code<Operand>()) : 1.0f;

struct grouped_problem {
  geometry g;
  test::packed_bytes inputs;
  test::packed_bytes weights;
};

template <class In, class Weights>
grouped_problem draw(const geometry& g) {
  minnow::random random{seed{static_cast<std::uint64_t>(g.in.channels + 100 * g.groups)}};
  const auto x = test::random_codes<In::storage, In::bits>(g.in.size(), random);
  const auto w = test::random_codes<Weights::storage, Weights::bits>(g.weights(), random);
  return {g, test::packed_inputs<In::storage, In::bits>(g.in, x),
          test::packed_weights<In::storage, Weights::storage, Weights::bits>(g, w)};
}

/// Calls put(operands, first, last) for all rows, `together` at a time, and checks that nothing is written past the end
/// of any buffer.
template <class Product, class Put>
void put_rows(const grouped_problem& p, int together, const Put& put) {
  test::packed_bytes prepared(Product::prepared_bytes(p.g));
  test::packed_bytes scratch(Product::scratch_bytes(p.g));
  Product::prepare(p.g, p.weights.data(), prepared.data());
  for (int first = 0; first < p.g.out.height; first += together)
    put(kernels::operands{p.inputs.data(), p.weights.data(), prepared.data(), scratch.data()}, first,
        std::min(first + together, p.g.out.height));
  CHECK((scratch.untouched_behind() && prepared.untouched_behind() && p.inputs.untouched_behind() &&
         p.weights.untouched_behind()));
}

template <class Product>
std::vector<typename Product::sum_type> sums_of(const grouped_problem& p, int together) {
  using sum = typename Product::sum_type;
  const int stride = kernels::sum_stride(p.g.out.channels);
  std::vector<sum> sums(static_cast<std::size_t>(p.g.out.pixels() * stride), sum{-7});
  put_rows<Product>(p, together, [&](const kernels::operands& o, int first, int last) {
    sum* to = sums.data() + static_cast<std::ptrdiff_t>(first) * p.g.out.width * stride;
    if constexpr (std::is_same_v<sum, float>) Product::rows(p.g, o, first, last, kernels::float_sink{to});
    else Product::rows(p.g, o, first, last, kernels::sum_sink{to, stride, p.g.out.width, first});
  });
  return sums;
}

/// Checks that integer sums equal the reference's sums. Float sums must also be equal on architectures whose
/// multiply-add rounds once; on other architectures they must be close.
template <class In, class Weights, class Archs>
void check_grouped_on() {
  using sum = kernels::sum<In::storage, Weights::storage>;
  for (const geometry& g : grouped_shapes()) {
    const grouped_problem p = draw<In, Weights>(g);
    CAPTURE(static_cast<int>(In::storage));
    CAPTURE(static_cast<int>(Weights::storage));
    CAPTURE(g.in.channels);
    CAPTURE(g.out.channels);
    CAPTURE(g.groups);
    std::vector<sum> expected(static_cast<std::size_t>(g.out.pixels() * kernels::sum_stride(g.out.channels)));
    test::packed_bytes scratch(kernels::reference::scratch_bytes<In::storage, Weights::storage>(g));
    kernels::reference::product<In::storage, Weights::storage, In::bits, Weights::bits>(
        g, p.inputs.data(), p.weights.data(), expected.data(), scratch.data(), 0, g.out.height);
    Archs::for_each([&](auto arch) {
      CAPTURE(std::string(kernels::arch_name<decltype(arch)>()));
      using product = kernels::grouped_product<In, Weights, decltype(arch)>;
      static_assert(std::is_same_v<typename product::sum_type, sum>);
      for (const int together : {g.out.height, 2}) {
        const auto found = sums_of<product>(p, together);
        bool equal = found == expected;
        if constexpr (std::is_same_v<sum, float> && !(std::is_base_of_v<xsimd::avx512f, decltype(arch)> ||
                                                      std::is_same_v<decltype(arch), xsimd::fma3<xsimd::avx2>>)) {
          // The kernel and the reference each round once per input. Each rounding is at most 2^-24 of the largest
          // possible sum: the number of inputs times the largest input times the largest weight.
          const auto inputs = static_cast<float>(g.inputs());
          const float bound = 0x1p-23f * inputs * inputs * largest_code_of<In> * largest_code_of<Weights>;
          equal = true;
          for (std::size_t i = 0; i < found.size(); ++i) equal = equal && std::abs(found[i] - expected[i]) <= bound;
        }
        CHECK(equal);
      }
    });
  }
}

/// The lowest and the highest architecture.
using outer = kernels::archs<kernels::portable>::add<kernels::best>;
/// The architectures that have their own kernel of dot products.
using dot_archs = kernels::archs<kernels::portable>::add<xsimd::sse2>::add<xsimd::ssse3>::add<xsimd::avx2>::add<
    xsimd::avxvnni>::add<xsimd::avx512bw>::add<kernels::detail::widest_avx512>::add<xsimd::neon64>;

template <class In, class... Weights>
void check_grouped() {
  (check_grouped_on<In, Weights, outer>(), ...);
}

}  // namespace

TEST_SUITE("kernels/grouped/grouped") {
  TEST_CASE("integers on every architecture of dot products equal the reference") {
    check_grouped_on<byte_codes, byte_codes, dot_archs>();
    check_grouped_on<ternary, bit, dot_archs>();
    check_grouped_on<pixel, nibble, dot_archs>();
    check_grouped_on<unsigned_byte, byte_codes, dot_archs>();
  }
  TEST_CASE("floats on every architecture equal the reference where a multiply-add rounds once") {
    check_grouped_on<real_floats, real_floats, kernels::available_archs>();
    check_grouped_on<half_floats, ternary, kernels::available_archs>();
  }
  TEST_CASE("planes by everything equal the reference") {
    check_grouped<bit, bit, ternary, power3, nibble, byte_codes, half_floats, real_floats>();
    check_grouped<ternary, ternary, half_floats>();
    check_grouped<power3, bit, power3, byte_codes, real_floats>();
    check_grouped<power4, power4>();
  }
  TEST_CASE("numbers by everything equal the reference") {
    check_grouped<nibble, ternary, nibble>();
    check_grouped<byte_codes, power3, half_floats>();
    check_grouped<pixel, bit, byte_codes, real_floats>();
  }
  TEST_CASE("floats by everything equal the reference") {
    check_grouped<half_floats, bit, half_floats>();
    check_grouped<real_floats, power3, nibble, byte_codes>();
  }

  TEST_CASE("sums reach thresholds and pools as the sums of other kernels do") {
    for (const geometry& g : {window_over({9, 11, 40}, 40, {3, 3}, {1, 1}, {1, 1}, 40),
                              window_over({9, 11, 6}, 57, {3, 3}, {1, 1}, {1, 1}, 3)}) {
      const grouped_problem p = draw<byte_codes, byte_codes>(g);
      outer::for_each([&](auto arch) {
        using product = kernels::grouped_product<byte_codes, byte_codes, decltype(arch)>;
        const int stride = kernels::sum_stride(g.out.channels);
        const geometry pool = window_over(g.out, g.out.channels, {3, 3}, {2, 2}, {1, 1});
        const auto padded = static_cast<std::size_t>(kernels::channel_words(g.out.channels) * word_bits);
        std::vector<std::int32_t> limits(padded), flip(padded), smallest(padded);
        for (std::size_t c = 0; c < padded; ++c) {
          limits[c] = static_cast<std::int32_t>(c * 97 % 801) - 400;
          flip[c] = c % 3 == 0 ? -1 : 0;
          smallest[c] = c % 5 == 0 ? -1 : 0;
        }
        using sink_type = kernels::code_sink<encoding::bit, 3, 1>;
        const auto codes = [&](auto&& put) {
          test::packed_bytes map(kernels::input_bytes<encoding::bit>(pool.out)),
              waiting(sink_type::waiting_words(pool) * 4);
          put(sink_type{{limits.data(), flip.data(), smallest.data(), static_cast<int>(padded)},
                        pool,
                        map.data(),
                        reinterpret_cast<std::uint32_t*>(waiting.data())});
          return std::vector<std::byte>(map.data(), map.data() + map.size());
        };
        const auto sums = sums_of<product>(p, g.out.height);
        const auto expected = codes([&](const sink_type& sink) {
          for (int c = 0; c < g.out.channels; c += kernels::block_filters)
            for (int y = 0; y < g.out.height; ++y)
              for (int x = 0; x < g.out.width; ++x)
                sink.put(y, x, c, std::min(kernels::block_filters, g.out.channels - c),
                         sums.data() + (y * g.out.width + x) * stride + c);
        });
        CHECK(codes([&](const sink_type& sink) {
                put_rows<product>(p, g.out.height, [&](const kernels::operands& o, int first, int last) {
                  product::rows(g, o, first, last, sink);
                });
              }) == expected);
      });
    }
  }

  TEST_CASE("says its name and its architecture") {
    using product = kernels::grouped_product<byte_codes, byte_codes, kernels::portable>;
    CHECK(std::string(product::name(grouped_shapes()[1])) == "depthwise dot");
    CHECK(std::string(product::name(grouped_shapes()[8])) == "grouped dot");
    CHECK(std::string(product::arch_name(grouped_shapes()[1])) == "portable");
    CHECK(std::string(kernels::grouped_product<real_floats, bit, kernels::best>::name(grouped_shapes()[1])) ==
          "depthwise mac");
  }
}
