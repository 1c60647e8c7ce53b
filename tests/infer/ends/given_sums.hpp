#pragma once

// Runs the epilogue of one stage by itself (see infer/ends/end.hpp), on sums that the test provides.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/infer/stage.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/model.hpp>

namespace minnow::test {

/// A layer that computes x / (1 + |x|): increasing, but not affine.
struct soft : same_shape {
  static constexpr text name() { return "soft"; }
  static constexpr bool increasing = true;
  static constexpr float apply(float x) noexcept { return x / (1 + (x < 0 ? -x : x)); }
  static constexpr float slope(float x) noexcept { return 1 / ((1 + (x < 0 ? -x : x)) * (1 + (x < 0 ? -x : x))); }
};

/// A model whose four stages, when it is packed in fixed point, have the four kinds of epilogues in the order of
/// `stage_end`.
struct four_ends : model<image<3, 8, 8>, conv<33, scheme<pixels, sign>>, max_pool<2>, batch_norm,
                         conv<20, scheme<sign, integer<8>>>, batch_norm, conv<18, scheme<integer<8>, integer<8>>>,
                         batch_norm, soft, dense<4, scheme<integer<8>, integer<8>>>, bias> {};
template <std::size_t Stage>
using four_ends_plan = minnow::detail::stage_plan<fixed_point<four_ends>, Stage>;

/// A product that returns given sums: [pixels][filters].
struct given_sums {
  using sum_type = std::int32_t;
  static inline std::vector<std::int32_t> sums;

  template <class Sink>
  static void rows(const geometry& g, const kernels::operands&, int first, int last, const Sink& sink) noexcept {
    const int filters = g.out.channels;
    for (int y = first; y < last; ++y)
      for (int x = 0; x < g.out.width; ++x)
        for (int c = 0; c < filters; c += kernels::block_filters) {
          std::int32_t block[kernels::block_filters] = {};
          const int count = std::min(kernels::block_filters, filters - c);
          std::copy_n(sums.begin() + (y * g.out.width + x) * filters + c, count, block);
          sink.put(y, x, c, count, block);
        }
  }
};

/// Runs an epilogue on `sums` and returns the map that it writes.
///
/// others  for each layer of the stage, the packed map of its second input; null if it has only one input
/// zeros   the zero points of these maps
template <class Plan>
std::vector<std::byte> run_end(const minnow::detail::end_of<Plan>& end, std::vector<std::int32_t> sums,
                               std::array<const std::byte*, Plan::ops> others = {},
                               std::array<int, Plan::ops> zeros = {}) {
  using end_type = minnow::detail::end_of<Plan>;
  constexpr minnow::detail::stage_memory memory = end_type::memory();
  std::vector<std::int32_t> rows(memory.sums / 4);
  std::vector<std::uint32_t> waiting(memory.waiting / 4);
  std::vector<float> floats[3];
  for (std::size_t k = 0; k < 3; ++k) floats[k].resize(memory.floats[k] / 4);
  std::vector<std::byte> output(4 * static_cast<std::size_t>(Plan::out.size()) + 64);
  given_sums::sums = std::move(sums);
  end.template run<given_sums, kernels::best>(
      {{Plan::window, Plan::pool_window, Plan::begin, {}, reinterpret_cast<std::byte*>(rows.data()), nullptr, 1, 0},
       output.data(),
       others,
       {floats[0].data(), floats[1].data(), floats[2].data()},
       waiting.data(),
       zeros});
  return output;
}

/// Returns the codes of a packed map, as they are stored.
template <class Plan>
std::vector<float> codes_of(const std::vector<std::byte>& map) {
  using operand = minnow::detail::operand_of<typename Plan::outputs>;
  std::vector<float> codes(static_cast<std::size_t>(Plan::out.size()));
  kernels::unpack_inputs<operand::storage, operand::bits>(map.data(), Plan::out.pixels(), Plan::out.channels,
                                                          codes.data());
  return codes;
}

/// Returns the names and sizes in bytes of the arrays that a file stores for an epilogue.
template <class End>
std::string arrays_of(End& end) {
  std::string result;
  std::remove_const_t<End>::arrays(end, [&](std::size_t layer, std::string_view name, auto numbers) {
    result += std::to_string(layer) + ":" + std::string(name) + ":" + std::to_string(numbers.size_bytes()) + " ";
  });
  return result;
}

/// Returns the constants that an epilogue refuses, as "expected, array, found; …".
template <class End>
std::string refused_by(const End& end) {
  std::string result;
  end.check([&](std::string_view expected, std::string_view array, std::string_view found) {
    result += std::string(expected) + ", " + std::string(array) + ", " + std::string(found) + "; ";
  });
  return result;
}

}  // namespace minnow::test
