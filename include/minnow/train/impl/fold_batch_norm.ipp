#pragma once

#include <minnow/train/fold_batch_norm.hpp>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD void changed_arrays::put(std::string path, std::string name, std::vector<float> values) {
  made.push_back(std::move(values));
  arrays[{std::move(path), std::move(name)}] = made.back();
}

MINNOW_COLD void changed_arrays::remove(const std::string& path, const char* name) { arrays.erase({path, name}); }

MINNOW_COLD void changed_arrays::fold(std::string_view norm, std::span<const affine> evaluated,
                                      std::string_view product, const float_array<4>& weights) {
  std::vector<float> scaled(weights.begin(), weights.end());
  const std::size_t inputs = scaled.size() / weights.shape(0);
  std::vector<float> shifts(weights.shape(0));
  for (std::size_t f = 0; f < shifts.size(); ++f) {
    const affine a = evaluated[f];
    shifts[f] = a.shift;
    for (std::size_t k = 0; k < inputs; ++k) scaled[f * inputs + k] *= a.scale;
  }
  const std::string at(norm);
  for (const char* name : {"gamma", "beta", "mean", "variance", "stale_statistics"}) remove(at, name);
  put(at, "bias", std::move(shifts));
  put(std::string(product), "weights", std::move(scaled));
}

}  // namespace minnow::detail
