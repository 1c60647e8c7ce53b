#include <minnow/kernels/direct/direct.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <minnow/kernels/portable_product.hpp>
#include <minnow/kernels/reference.hpp>
#include <minnow/kernels/sink/sink.hpp>

#include "kernels/codes.hpp"

using namespace minnow;

namespace direct_test {

/// Loops  the inner loops of the kernel
template <encoding In, encoding Weights, unsigned Loops = kernels::detail::all_loops>
void check(const geometry& g, const std::vector<kernels::code<In>>& codes,
           const std::vector<kernels::code<Weights>>& weight_codes) {
  CAPTURE(g.in.channels);
  CAPTURE(g.out.channels);
  CAPTURE(g.groups);
  const auto inputs = test::packed_inputs<In>(g.in, codes);
  const auto weights = test::packed_weights<In, Weights>(g, weight_codes);
  const int stride = kernels::sum_stride(g.out.channels);
  std::vector<std::int32_t> expected(static_cast<std::size_t>(g.out.pixels() * stride), -7), found(expected);
  test::packed_bytes for_reference(kernels::reference::scratch_bytes<In, Weights>(g));
  kernels::reference::product<In, Weights>(g, inputs.data(), weights.data(), expected.data(), for_reference.data(), 0,
                                           g.out.height);
  const auto run = [&]<bool Grouped>(std::bool_constant<Grouped>, int together) {
    using product = kernels::portable_product<kernels::operand<In>, kernels::operand<Weights>, Grouped, Loops>;
    test::packed_bytes scratch(product::scratch_bytes(g));
    for (int first = 0; first < g.out.height; first += together)
      product::rows(g, {inputs.data(), weights.data(), nullptr, scratch.data()}, first,
                    std::min(first + together, g.out.height), kernels::sum_sink{found.data(), stride, g.out.width, 0});
    CHECK(scratch.untouched_behind());
    int different = 0;
    for (int pixel = 0; pixel < g.out.pixels(); ++pixel)
      for (int c = 0; c < g.out.channels; ++c) {
        const auto at = static_cast<std::size_t>(pixel * stride + c);
        different += expected[at] != found[at];
        found[at] = -7;
      }
    CHECK(different == 0);
  };
  for (const int together : {g.out.height, 2})
    if (g.groups == 1) run(std::false_type{}, together);
    else run(std::true_type{}, together);
}

std::vector<geometry> shapes() {
  std::vector<geometry> list{window_over({5, 6, 16}, 16, {3, 3}, {1, 1}, {1, 1}),
                             window_over({6, 6, 3}, 7, {3, 3}, {2, 2}, {0, 0}, {1, 1}),
                             window_over({4, 7, 5}, 33, {2, 4}, {1, 2}, {1, 3}),
                             window_over({3, 3, 8}, 5, {1, 1}, {1, 1}, {0, 0}),
                             window_over({2, 1, 12}, 18, {3, 3}, {1, 1}, {2, 1}),
                             window_over({6, 5, 20}, 20, {3, 3}, {1, 1}, {1, 1}, 20),
                             window_over({7, 6, 5}, 5, {5, 3}, {2, 1}, {2, 0}, {1, 1}, 5),
                             window_over({4, 5, 12}, 30, {3, 3}, {1, 1}, {1, 1}, 3),
                             dense_over({1, 1, 65}, 10),
                             dense_over({1, 1, 1}, 1),
                             dense_over({1, 1, 128}, 37)};
  minnow::random random{minnow::seed{31}};
  while (list.size() < 40) {
    const auto below = [&](int n) { return random.below(n); };
    const extent kernel{1 + below(4), 1 + below(4)};
    const int groups = below(3) == 0 ? 1 + below(6) : 1;
    const geometry g =
        window_over({1 + below(6), 1 + below(7), groups * (1 + below(9))}, groups * (1 + below(20)), kernel,
                    {1 + below(3), 1 + below(3)}, {below(3), below(3)}, {below(3), below(3)}, groups);
    if (g.out.pixels() > 0) list.push_back(g);
  }
  return list;
}

template <encoding In, encoding Weights>
void check_pair() {
  minnow::random random{minnow::seed{29}};
  for (const geometry& g : shapes()) {
    check<In, Weights>(g, test::random_codes<In>(g.in.size(), random),
                       test::random_codes<Weights>(g.weights(), random));
    const auto inputs = static_cast<std::size_t>(g.in.size()), weights = static_cast<std::size_t>(g.weights());
    constexpr auto most = [](encoding e) {
      switch (e) {
        case encoding::bit:
          return 1;
        case encoding::nibble:
          return 7;
        case encoding::unsigned_nibble:
          return 15;
        case encoding::byte:
          return 127;
        default:
          return 255;
      }
    };
    constexpr int largest = most(Weights), input = most(In);
    for (const int sign : {1, -1})
      check<In, Weights>(
          g, std::vector<kernels::code<In>>(inputs, static_cast<kernels::code<In>>(input)),
          std::vector<kernels::code<Weights>>(weights, static_cast<kernels::code<Weights>>(sign * largest)));
  }
}

constexpr std::array given_shapes{window_over({5, 6, 16}, 16, {3, 3}, {1, 1}, {1, 1}),
                                  window_over({6, 6, 3}, 7, {3, 3}, {2, 2}, {0, 0}, {1, 1}),
                                  window_over({4, 7, 5}, 33, {2, 4}, {1, 2}, {1, 3}),
                                  window_over({3, 3, 8}, 5, {1, 1}, {1, 1}, {0, 0}),
                                  window_over({4, 6, 8}, 20, {1, 1}, {1, 1}, {0, 0}),
                                  window_over({3, 3, 8}, 8, {1, 1}, {2, 2}, {0, 0}),
                                  window_over({2, 1, 12}, 18, {3, 3}, {1, 1}, {2, 1}),
                                  window_over({6, 5, 20}, 20, {3, 3}, {1, 1}, {1, 1}, 20),
                                  window_over({7, 6, 5}, 5, {5, 3}, {2, 1}, {2, 0}, {1, 1}, 5),
                                  window_over({4, 5, 12}, 30, {3, 3}, {1, 1}, {1, 1}, 3),
                                  window_over({4, 4, 16}, 16, {3, 3}, {2, 2}, {0, 0}, {1, 1}, 16),
                                  dense_over({1, 1, 65}, 10),
                                  dense_over({1, 1, 128}, 16)};

/// Checks a kernel that contains only the loops of one shape.
template <encoding In, encoding Weights, std::size_t Shape>
void check_own_loops() {
  constexpr geometry g = given_shapes[Shape];
  constexpr unsigned loops = kernels::portable_product < kernels::operand<In>, kernels::operand<Weights>,
                     g.groups != 1 > ::loops_of(g);
  static_assert(loops != kernels::detail::all_loops);
  minnow::random random{minnow::seed{37}};
  check<In, Weights, loops>(g, test::random_codes<In>(g.in.size(), random),
                            test::random_codes<Weights>(g.weights(), random));
}

}  // namespace direct_test

TEST_SUITE("kernels/direct/direct") {
  TEST_CASE("sums of bytes by 8-bit weights equal the reference, with and without groups") {
    direct_test::check_pair<encoding::byte, encoding::byte>();
    direct_test::check_pair<encoding::unsigned_byte, encoding::byte>();
    direct_test::check_pair<encoding::nibble, encoding::byte>();
    direct_test::check_pair<encoding::unsigned_nibble, encoding::byte>();
    direct_test::check_pair<encoding::pixel, encoding::byte>();
  }
  TEST_CASE("sums of bytes by 4-bit weights equal the reference, with and without groups") {
    direct_test::check_pair<encoding::byte, encoding::nibble>();
    direct_test::check_pair<encoding::unsigned_byte, encoding::nibble>();
    direct_test::check_pair<encoding::pixel, encoding::nibble>();
  }
  TEST_CASE("kernels that contain only the loops of a shape") {
    [&]<std::size_t... Shape>(std::index_sequence<Shape...>) {
      (direct_test::check_own_loops<encoding::byte, encoding::byte, Shape>(), ...);
      (direct_test::check_own_loops<encoding::unsigned_byte, encoding::nibble, Shape>(), ...);
    }(std::make_index_sequence<direct_test::given_shapes.size()>{});
  }
  TEST_CASE("sums of operands that are unpacked first equal the reference, with and without groups") {
    direct_test::check_pair<encoding::bit, encoding::byte>();
    direct_test::check_pair<encoding::byte, encoding::bit>();
  }
}
