#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <minnow/quantize/quantizer_base.hpp>
#include <minnow/quantize/statistics.hpp>

namespace minnow {

/// Ternary quantizer of weights with fine-grained scales. Groups of `Group` weights of a filter, consecutive along the
/// input channels at one position of the kernel, have a threshold D and a scale a: 0 if |w| <= D = 0.7 mean|w|, else
/// sign(w) times a, the mean of all |w| above D. If the number of channels is not a multiple of `Group`, the last group
/// of a position is smaller.
///
/// code    a signed byte. The largest scale of a filter is 127 steps, and the other scales are rounded to whole steps,
///         at most 1/254 of the largest scale away. A packed network therefore needs one scale for each filter, the
///         step. Weights of two bits with a scale for each group, as in the paper, are not part of the library
/// state   one for each group; the states of a filter have the same step
/// source  Mellempudi et al. 2017 (fine-grained quantization), for the groups; threshold and scale of a group as in Li
///         & Liu 2016. The paper searches the thresholds of a group for the smallest error, separately for positive and
///         negative weights; this is not part of the library
template <int Group>
struct fine_ternary : signed_codes<8> {
  static_assert(1 <= Group && Group <= 32767, "minnow: fine_ternary has groups of 1 to 32767 weights");
  struct state {
    float threshold = 0;
    float scale = 0;
    float step = 0;
  };
  static constexpr text name() { return text("fine_ternary<") << Group << ">"; }
  static constexpr int group = Group;
  static constexpr bool per_channel = true;
  static constexpr int levels = 3;
  static constexpr interval range(const state&) noexcept { return {}; }
  static constexpr bool supports(role r) noexcept { return r == role::weights; }

  template <class Value>
  static Value code(Value x, const state& s) noexcept {
    using scalar::select;
    const float level = s.step > 0 ? (std::min)(std::nearbyint(s.scale / s.step), static_cast<float>(max_code)) : 0.0f;
    return select(x > Value(s.threshold), Value(level), select(x < Value(-s.threshold), Value(-level), Value(0)));
  }
  static constexpr float scale(const state& s) noexcept { return s.step; }

  static void limit(state& s) noexcept {
    for (float* value : {&s.threshold, &s.scale, &s.step}) *value = (std::max)(*value, 0.0f);
  }
  /// Measures one group. The step is the step of a filter that has no other group.
  static bool observe(state& s, std::span<const float> values, role) noexcept {
    const float mean = detail::mean_magnitude(values);
    if (std::isnan(mean)) return false;
    s.threshold = 0.7f * mean;
    s.scale = detail::mean_above(values, s.threshold);
    s.step = s.scale / max_code;
    return true;
  }
  /// Sets the step of all groups of a filter.
  static void share(std::span<state> groups) noexcept {
    float largest = 0;
    for (const state& s : groups) largest = (std::max)(largest, s.scale);
    for (state& s : groups) s.step = largest / max_code;
  }
};

}  // namespace minnow
