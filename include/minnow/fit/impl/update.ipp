#pragma once

#include <minnow/fit/update.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include <minnow/core/impl/compiled.hpp>

namespace minnow {

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
