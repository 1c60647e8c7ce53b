#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/infer/ends/thresholds.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/infer/thresholds.hpp>
#include <minnow/kernels/sink/ordered_sums.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::detail {

/// A layer between a product's sum and its output code, as type-erased functions of one number. Type erasure lets
/// `fold` be compiled once for each quantizer, not for each sequence of layers.
struct fold_step {
  const void* reading = nullptr;
  float (*apply)(const void*, float, int) = nullptr;
  int (*direction)(const void*, int) = nullptr;
  bool after_pool = false;
  float factor = 1;  ///< factor of an average pool, used if `apply` is null

  template <class Layer>
  static fold_step of(const inferable<Layer>& reading, bool after_pool) {
    return {&reading,
            [](const void* r, float x, int c) { return static_cast<const inferable<Layer>*>(r)->apply(x, c); },
            [](const void* r, int c) { return static_cast<const inferable<Layer>*>(r)->direction(c); }, after_pool};
  }
};

/// Finds the thresholds of all channels for sums in [-bound, bound].
///
/// number  converts a sum to a float
template <quantizer Quantizer>
void fold(thresholds& to, int channels, std::int32_t bound, float (*number)(std::int32_t),
          std::span<const float> scales, std::span<const fold_step> steps, const typename Quantizer::state& state) {
  constexpr auto codes = codes_of<Quantizer>();
  for (int c = 0; c < channels; ++c) {
    // The quantized value, code · scale, never decreases as the quantizer's input increases. With a negative scale, the
    // code therefore decreases. Likewise, with a negative scale of the sums, the value sum · scale decreases as the sum
    // increases.
    int after_pool = Quantizer::scale(state) < 0 ? -1 : 1;
    int direction = scales[index(c)] < 0 ? -after_pool : after_pool;
    for (const fold_step& s : steps) {
      if (s.apply == nullptr) continue;
      direction *= s.direction(s.reading, c);
      if (s.after_pool) after_pool *= s.direction(s.reading, c);
    }
    to.find(c, bound, direction, after_pool, [&](std::int32_t sum) {
      float x = rounded_product(number(sum), scales[index(c)]);
      for (const fold_step& s : steps) x = s.apply == nullptr ? x * s.factor : s.apply(s.reading, x, c);
      const int code = static_cast<int>(Quantizer::code(x, state)) + zero_point<Quantizer>(state);
      int found = 0;
      while (found + 1 < static_cast<int>(codes.size()) && codes[index(found + 1)] <= code) ++found;
      return found;
    });
  }
}

/// Folds the layers of a stage into thresholds (see infer/thresholds.hpp).
template <class Plan>
void pack_end(end_of<Plan, stage_end::thresholds>& to, layer_constants<Plan>&& from) {
  std::vector<fold_step> steps;
  int taps = 1;
  from.each_op([&](auto i, const auto& reading) {
    if constexpr (!Plan::template is_pool<i>) {
      steps.push_back(fold_step::of(reading, i > Plan::pool));
    } else if constexpr (Plan::template averages<i>) {
      taps = Plan::pool_window.kernel.height * Plan::pool_window.kernel.width;
      steps.push_back({.factor = 1.0f / static_cast<float>(taps)});
    }
  });
  const int bound = Plan::integer_sums ? Plan::window.inputs() * Plan::inputs::max_code * Plan::weights::max_code * taps
                                       : kernels::ordered(std::numeric_limits<float>::max());
  constexpr auto number = [](std::int32_t sum) {
    return Plan::integer_sums ? static_cast<float>(sum) : kernels::from_ordered(sum);
  };
  if constexpr (affine_quantizer<typename Plan::outputs>) to.zero_point = from.zero();
  fold<typename Plan::outputs>(to.limits, Plan::window.out.channels, bound, number, from.scales, steps, from.out_state);
}

}  // namespace minnow::detail
