#pragma once

#include <minnow/fit/update.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/parallel.hpp>

namespace minnow {

MINNOW_INLINE status gradient_limits::check() const noexcept {
  if (norm > 0 && value > 0) return {};
  return status::failure("fit: expected limits of the gradients above 0, found the norm %g and the value %g",
                         static_cast<double>(norm), static_cast<double>(value));
}

MINNOW_INLINE status weight_average::check() const noexcept {
  if (decay >= 0 && decay < 1) return {};
  return status::failure("fit: expected a decay of the average from 0 to less than 1, found %g",
                         static_cast<double>(decay));
}

MINNOW_INLINE updater_base::updater_base(int count, bool (*square)(int), const gradient_limits& limits,
                                         const weight_average& average)
    : limits_(limits), average_(average), moment_count_(count + (average.decay > 0 ? 1 : 0)), is_square_(square) {
  require(limits_.check());
  require(average_.check());
}

MINNOW_INLINE float updater_base::limit_norm(network_base& net) const {
  double squares = 0;
  net.parameters([&](std::string_view, const parameter& p) {
    if (p.regularize) p.regularize();
    // Sums of pieces of a fixed length, so that the result does not depend on the number of threads.
    constexpr std::size_t piece = 16384;
    const std::size_t size = p.gradient.size();
    std::vector<double> sums((size + piece - 1) / piece);
    parallel_for(static_cast<int>(sums.size()), [&](int k) {
      const std::size_t first = index(k) * piece;
      for (const float g : p.gradient.subspan(first, std::min(piece, size - first))) {
        const auto clipped = static_cast<double>((std::clamp)(g, -limits_.value, limits_.value));
        sums[index(k)] += clipped * clipped;
      }
    });
    for (const double sum : sums) squares += sum;
  });
  const double norm = std::sqrt(squares);
  // If a gradient is not finite, the step refuses it.
  if (!(norm > static_cast<double>(limits_.norm)) || !std::isfinite(norm)) return 1;
  return static_cast<float>(static_cast<double>(limits_.norm) / norm);
}

MINNOW_INLINE void updater_base::average(const parameter& p, std::vector<float>& moments) const {
  const std::size_t size = p.value.size(), first = index(moment_count_ - 1) * size;
  const float keep = average_.keep(steps_);
  detail::for_all(size, [&](std::size_t i, auto count) {
    const detail::vector old = detail::load(moments.data() + first + i, count);
    const detail::vector now = detail::load(p.value.data() + i, count);
    detail::store(moments.data() + first + i, detail::vector(keep) * old + detail::vector(1 - keep) * now, count);
  });
}

MINNOW_INLINE void updater_base::put_averages(network_base& net) const {
  std::size_t array = 0;
  net.parameters([&](std::string_view, const parameter& p) {
    const std::vector<float>& moments = moments_[array++];
    std::copy(moments.end() - static_cast<std::ptrdiff_t>(p.value.size()), moments.end(), p.value.begin());
    if (p.limit) p.limit();
  });
}

MINNOW_INLINE void updater_base::make_room(network_base& net) {
  moments_.clear();
  net.parameters([&](std::string_view, const parameter& p) { moments_.push_back(zeros_for(p)); });
}

MINNOW_INLINE status updater_base::failure_of(const parameter& p, std::string_view path, long long step) noexcept {
  const auto finite = [](std::span<const float> values) {
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  };
  const char* what = !finite(p.gradient) ? "the gradient of " : !finite(p.value) ? "" : "the optimizer's result for ";
  return status::failure("fit: diverged at step %lld: layer %.*s: %s'%.*s' holds a NaN or an infinity", step,
                         static_cast<int>(path.size()), path.data(), what, static_cast<int>(p.name.size()),
                         p.name.data());
}

}  // namespace minnow
