#pragma once

#include <minnow/fit/reestimate_batch_norm.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD void pass_over(network_base& net, source& data, mode mode, const reestimate_options& options,
                           bool requantize, share own, reduction* over, long long step, const char* who) {
  const int batch = std::min(options.batch, data.size());
  data.begin({.stream = random(options.seed).stream(0x5e771e), .batch = batch, .part = own});
  std::vector<int> labels;
  for (int b = 0; b < std::min(options.batches, data.size() / batch); ++b) {
    data.into(net, b, labels);
    (void)net.forward(
        {.mode = mode, .alpha = 1, .requantize = requantize, .measured_batches = b, .over_ranks = over, .step = step});
  }
  net.check_finite(who, step, false);
}

template <class Element>
void pass_over(network_base& net, const dataset<Element>& data, mode mode, const reestimate_options& options,
               const char* caller) {
  check_data(net, data, caller);
  if (options.batches < 1 || options.batch < 1)
    require(status::failure("%s: expected batches and batch of at least 1, found %d and %d", caller, options.batches,
                            options.batch));
  dataset_source<Element> images(data);
  pass_over(net, images, mode, options, true, {}, nullptr, 0, caller);
}

MINNOW_COLD std::vector<float> exchange_statistics(network_base& net, const std::vector<float>* back) {
  std::vector<float> kept;
  net.statistics([&](std::string_view, std::string_view, std::span<float> values) {
    const auto at = static_cast<std::ptrdiff_t>(kept.size());
    kept.insert(kept.end(), values.begin(), values.end());
    if (back != nullptr) std::copy_n(back->begin() + at, values.size(), values.begin());
  });
  return kept;
}

}  // namespace minnow::detail
