#pragma once

#include <minnow/files/probe.hpp>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/random.hpp>

namespace minnow::detail {

MINNOW_COLD std::vector<std::int16_t> probe_codes(std::uint64_t fingerprint, std::size_t count,
                                                  std::span<const int> all) {
  random r(seed{fingerprint});
  std::vector<std::int16_t> codes(count);
  for (auto& code : codes)
    code = static_cast<std::int16_t>(all.empty() ? 2 * r.below(256) - 255
                                                 : all[index(r.below(static_cast<int>(all.size())))]);
  return codes;
}

MINNOW_COLD void probe_recorder::sums(std::size_t layer, int first_row, int last_row,
                                      const std::int32_t* sums) noexcept {
  if (layer != recorded_layer) return;
  for (int p = (last_row - first_row) * width; p > 0; --p, sums += kernels::sum_stride(channels))
    answer.insert(answer.end(), sums, sums + channels);
}

}  // namespace minnow::detail
