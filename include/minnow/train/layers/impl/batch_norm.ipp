#pragma once

#include <minnow/train/layers/batch_norm.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

inline std::span<float> span_of(float_array<1>& row) noexcept { return {row.data(), row.size()}; }

inline void set(deferred_norm& norm, int c, affine a) noexcept {
  norm.scale[index(c)] = a.scale;
  norm.shift[index(c)] = a.shift;
}

MINNOW_INLINE trainable_batch_norm::trainable_batch_norm(shape in, bool defers)
    : gamma_({index(in.channels)}, 1.0f),
      beta_(gamma_.shape()),
      mean_(beta_),
      variance_(gamma_),
      grad_gamma_(beta_),
      grad_beta_(beta_),
      norm_(in.channels),
      defers_(defers) {}

MINNOW_INLINE affine trainable_batch_norm::evaluated(int c) const {
  if (c < 0 || index(c) >= gamma_.size())
    require(status::failure("batch_norm: expected a channel from 0 to %zu, found %d", gamma_.size() - 1, c));
  return affine::normalizing(gamma_(c), beta_(c), mean_(c), variance_(c), batch_norm::epsilon);
}

MINNOW_INLINE void trainable_batch_norm::forward(const activations& in, activations& out, const pass& p) {
  const int channels = in.dimensions.channels;
  norm_.summed = false;
  if (!p.takes_batch_statistics()) {
    for (int c = 0; c < channels; ++c) set(norm_, c, evaluated(c));
  } else {
    measure(in, p);
    if (defers_) {
      out.data = in.data;
      out.norm = &norm_;
      return;
    }
  }
  activations values = in;
  values.norm = &norm_;
  for_values(values, [&](std::size_t at, const vector& y, auto count) { store(out.data + at, y, count); });
}

MINNOW_INLINE void trainable_batch_norm::backward(const activations& in, const activations&, const float* grad_out,
                                                  float* grad_in, const pass& p) {
  const int channels = in.dimensions.channels;
  if (!norm_.summed)
    norm_.sums.run<2>(in.rows(), channels, [&](std::size_t at, int c, auto count, auto&& add) {
      const auto g = load(grad_out + at, count);
      const auto normalized = (load(in.data + at, count) - load(norm_.mean.data() + c, count)) *
                              load(norm_.inverse_deviation.data() + c, count);
      add(0, g);
      add(1, g * normalized);
    });
  norm_.summed = false;
  // The gradients of gamma and beta cover this rank's images only. They are summed over the ranks later, like the
  // gradients of all parameters.
  for (int c = 0; c < channels; ++c) {
    grad_beta_(c) = static_cast<float>(norm_.sums.total(0, c));
    grad_gamma_(c) = static_cast<float>(norm_.sums.total(1, c));
  }
  const double rows = norm_.sums.over(p.over_ranks, static_cast<double>(in.rows()));
  for (int c = 0; c < channels; ++c) {
    const double deviations = static_cast<double>(norm_.inverse_deviation[index(c)]);
    const double sum = norm_.sums.total(0, c), product = norm_.sums.total(1, c);
    // With the output gradient g, the input gradient is
    // gamma / deviation * (g - mean(g) - normalized * mean(g * normalized)),
    // computed as g * scale + (x - mean) * slope + shift.
    const double scale = static_cast<double>(gamma_(c)) * deviations;
    norm_.scale[index(c)] = static_cast<float>(scale);
    slope_[index(c)] = static_cast<float>(-scale * deviations * product / rows);
    norm_.shift[index(c)] = static_cast<float>(-scale * sum / rows);
  }
  if (grad_in == nullptr) return;
  for_rows(in.rows(), channels, [&](std::size_t r, int c, auto count) {
    const std::size_t at = r * index(channels) + index(c);
    const auto centered = load(in.data + at, count) - load(norm_.mean.data() + c, count);
    store(grad_in + at,
          load(grad_out + at, count) * load(norm_.scale.data() + c, count) +
              (centered * load(slope_.data() + c, count) + load(norm_.shift.data() + c, count)),
          count);
  });
}

MINNOW_INLINE void trainable_batch_norm::parameters(const parameter_visitor& visit) {
  visit(parameter{"gamma", span_of(gamma_), span_of(grad_gamma_)});
  visit(parameter{"beta", span_of(beta_), span_of(grad_beta_)});
}

MINNOW_INLINE void trainable_batch_norm::arrays(const array_visitor& visit) {
  visit(std::string_view("gamma"), span_of(gamma_));
  visit(std::string_view("beta"), span_of(beta_));
  statistics(visit);
}

MINNOW_INLINE void trainable_batch_norm::statistics(const array_visitor& visit) {
  visit(std::string_view("mean"), span_of(mean_));
  visit(std::string_view("variance"), span_of(variance_));
  visit(std::string_view("stale_statistics"), std::span<float>(&stale_statistics_, 1));
}

MINNOW_INLINE void trainable_batch_norm::measure(const activations& in, const pass& p) {
  const int channels = in.dimensions.channels;
  const std::size_t count_of_rows = in.rows(), few = std::min<std::size_t>(count_of_rows, 128);
  slope_.resize(norm_.scale.size());
  norm_.sums.run<1>(few, channels,
                    [&](std::size_t at, int, auto count, auto&& add) { add(0, load(in.data + at, count)); });
  const double rows_of_few = norm_.sums.over(p.over_ranks, static_cast<double>(few));
  for (int c = 0; c < channels; ++c) norm_.mean[index(c)] = static_cast<float>(norm_.sums.total(0, c) / rows_of_few);
  norm_.sums.run<2>(count_of_rows, channels, [&](std::size_t at, int c, auto count, auto&& add) {
    const auto centered = load(in.data + at, count) - load(norm_.mean.data() + c, count);
    add(0, centered);
    add(1, centered * centered);
  });
  const double rows = norm_.sums.over(p.over_ranks, static_cast<double>(count_of_rows));
  const double momentum =
      p.mode == mode::reestimate ? 1.0 / (p.measured_batches + 1) : static_cast<double>(batch_norm::momentum);
  // At momentum 1 the old value must not be used: it may be a NaN, and 0 times a NaN is a NaN.
  const auto move = [&](float& running, double now) {
    running = static_cast<float>(momentum == 1 ? now : (1 - momentum) * static_cast<double>(running) + momentum * now);
  };
  for (int c = 0; c < channels; ++c) {
    const double off = norm_.sums.total(0, c) / rows;
    const double mean = static_cast<double>(norm_.mean[index(c)]) + off;
    const double variance = std::max(norm_.sums.total(1, c) / rows - off * off, 0.0);
    norm_.mean[index(c)] = static_cast<float>(mean);
    norm_.inverse_deviation[index(c)] =
        static_cast<float>(1 / std::sqrt(variance + static_cast<double>(batch_norm::epsilon)));
    const double scale = static_cast<double>(gamma_(c)) * static_cast<double>(norm_.inverse_deviation[index(c)]);
    set(norm_, c,
        {static_cast<float>(scale),
         static_cast<float>(static_cast<double>(beta_(c)) - static_cast<double>(norm_.mean[index(c)]) * scale)});
    move(mean_(c), static_cast<double>(norm_.mean[index(c)]));
    move(variance_(c), rows > 1 ? variance * rows / (rows - 1) : variance);
  }
  move(stale_statistics_, static_cast<double>(p.unquantized_fraction));
}

}  // namespace minnow::detail
