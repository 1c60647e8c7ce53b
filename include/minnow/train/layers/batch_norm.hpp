#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/train/float_array.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/deferred_norm.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

template <class Estimator>
class trainable<batch_norm, Estimator> : public layer_base {
  using row = float_array<1>;

public:
  explicit trainable(shape in) : trainable(in, wiring<>{}) {}
  template <quantizer Inputs>
  trainable(shape in, const wiring<Inputs>& neighbors)
      : gamma_({index(in.channels)}, 1.0f),
        beta_(gamma_.shape()),
        mean_(beta_),
        variance_(gamma_),
        grad_gamma_(beta_),
        grad_beta_(beta_),
        norm_(in.channels),
        defers_(neighbors.next_applies_norm) {}

  [[nodiscard]] const row& gamma() const noexcept { return gamma_; }
  [[nodiscard]] const row& beta() const noexcept { return beta_; }
  [[nodiscard]] const row& running_mean() const noexcept { return mean_; }
  [[nodiscard]] const row& running_variance() const noexcept { return variance_; }
  /// Running average of the unquantized fraction of the forward passes in which the statistics were collected. The
  /// packed network has fraction 0, so the larger this number is, the less the statistics fit the packed network.
  [[nodiscard]] float stale_statistics() const noexcept { return stale_statistics_; }
  [[deprecated("minnow: renamed to stale_statistics"), nodiscard]] float unsettled() const noexcept {
    return stale_statistics();
  }
  /// The affine function that evaluation and the packed network apply to channel c, 0 … channels-1.
  ///
  /// throws  a channel out of range
  [[nodiscard]] affine evaluated(int c) const {
    if (c < 0 || i(c) >= gamma_.size())
      require(status::failure("batch_norm: expected a channel from 0 to %zu, found %d", gamma_.size() - 1, c));
    return affine::normalizing(gamma_(c), beta_(c), mean_(c), variance_(c), batch_norm::epsilon);
  }

  void forward(const activations& in, activations& out, const pass& p) override {
    const int channels = in.dimensions.channels;
    norm_.summed = false;
    if (!p.takes_batch_statistics()) {
      for (int c = 0; c < channels; ++c) set(c, evaluated(c));
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
    detail::for_values(
        values, [&](std::size_t at, const detail::vector& y, auto count) { detail::store(out.data + at, y, count); });
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass& p) override {
    const int channels = in.dimensions.channels;
    if (!norm_.summed)
      norm_.sums.run<2>(in.rows(), channels, [&](std::size_t at, int c, auto count, auto&& add) {
        const auto g = detail::load(grad_out + at, count);
        const auto normalized = (detail::load(in.data + at, count) - detail::load(norm_.mean.data() + c, count)) *
                                detail::load(norm_.inverse_deviation.data() + c, count);
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
      const double deviations = static_cast<double>(norm_.inverse_deviation[i(c)]);
      const double sum = norm_.sums.total(0, c), product = norm_.sums.total(1, c);
      // dx = gamma / deviation * (g - mean(g) - normalized * mean(g * normalized)),
      // computed as g * scale + (x - mean) * slope + shift.
      const double scale = static_cast<double>(gamma_(c)) * deviations;
      norm_.scale[i(c)] = static_cast<float>(scale);
      slope_[i(c)] = static_cast<float>(-scale * deviations * product / rows);
      norm_.shift[i(c)] = static_cast<float>(-scale * sum / rows);
    }
    if (grad_in == nullptr) return;
    detail::for_rows(in.rows(), channels, [&](std::size_t r, int c, auto count) {
      const std::size_t at = r * index(channels) + index(c);
      const auto centered = detail::load(in.data + at, count) - detail::load(norm_.mean.data() + c, count);
      detail::store(
          grad_in + at,
          detail::load(grad_out + at, count) * detail::load(norm_.scale.data() + c, count) +
              (centered * detail::load(slope_.data() + c, count) + detail::load(norm_.shift.data() + c, count)),
          count);
    });
  }

  void parameters(const parameter_visitor& visit) override {
    visit(parameter{"gamma", span(gamma_), span(grad_gamma_)});
    visit(parameter{"beta", span(beta_), span(grad_beta_)});
  }
  void arrays(const array_visitor& visit) override {
    visit(std::string_view("gamma"), span(gamma_));
    visit(std::string_view("beta"), span(beta_));
    statistics(visit);
  }
  /// Visits the arrays that `reestimate_batch_norm` replaces.
  void statistics(const array_visitor& visit) override {
    visit(std::string_view("mean"), span(mean_));
    visit(std::string_view("variance"), span(variance_));
    visit(std::string_view("stale_statistics"), std::span<float>(&stale_statistics_, 1));
  }

private:
  static std::size_t i(int c) noexcept { return index(c); }
  static std::span<float> span(row& r) noexcept { return {r.data(), r.size()}; }

  void set(int c, affine a) noexcept {
    norm_.scale[i(c)] = a.scale;
    norm_.shift[i(c)] = a.shift;
  }

  /// Computes the batch statistics, sets scale and shift from them, and updates the running statistics. Mean and
  /// variance come from one pass over values centered at the mean of the first rows, which is close enough to avoid
  /// cancellation.
  void measure(const activations& in, const pass& p) {
    const int channels = in.dimensions.channels;
    const std::size_t count_of_rows = in.rows(), few = std::min<std::size_t>(count_of_rows, 128);
    slope_.resize(norm_.scale.size());
    norm_.sums.run<1>(few, channels,
                      [&](std::size_t at, int, auto count, auto&& add) { add(0, detail::load(in.data + at, count)); });
    const double rows_of_few = norm_.sums.over(p.over_ranks, static_cast<double>(few));
    for (int c = 0; c < channels; ++c) norm_.mean[i(c)] = static_cast<float>(norm_.sums.total(0, c) / rows_of_few);
    norm_.sums.run<2>(count_of_rows, channels, [&](std::size_t at, int c, auto count, auto&& add) {
      const auto centered = detail::load(in.data + at, count) - detail::load(norm_.mean.data() + c, count);
      add(0, centered);
      add(1, centered * centered);
    });
    const double rows = norm_.sums.over(p.over_ranks, static_cast<double>(count_of_rows));
    const double momentum =
        p.mode == mode::reestimate ? 1.0 / (p.measured_batches + 1) : static_cast<double>(batch_norm::momentum);
    // At momentum 1 the old value must not take part: it may be a NaN, and 0 times a NaN is a NaN.
    const auto move = [&](float& running, double now) {
      running =
          static_cast<float>(momentum == 1 ? now : (1 - momentum) * static_cast<double>(running) + momentum * now);
    };
    for (int c = 0; c < channels; ++c) {
      const double off = norm_.sums.total(0, c) / rows;
      const double mean = static_cast<double>(norm_.mean[i(c)]) + off;
      const double variance = std::max(norm_.sums.total(1, c) / rows - off * off, 0.0);
      norm_.mean[i(c)] = static_cast<float>(mean);
      norm_.inverse_deviation[i(c)] =
          static_cast<float>(1 / std::sqrt(variance + static_cast<double>(batch_norm::epsilon)));
      const double scale = static_cast<double>(gamma_(c)) * static_cast<double>(norm_.inverse_deviation[i(c)]);
      set(c, {static_cast<float>(scale),
              static_cast<float>(static_cast<double>(beta_(c)) - static_cast<double>(norm_.mean[i(c)]) * scale)});
      move(mean_(c), static_cast<double>(norm_.mean[i(c)]));
      move(variance_(c), rows > 1 ? variance * rows / (rows - 1) : variance);
    }
    move(stale_statistics_, static_cast<double>(p.unquantized_fraction));
  }

  row gamma_;
  row beta_;
  row mean_;
  row variance_;
  row grad_gamma_;
  row grad_beta_;
  float stale_statistics_ = 0;
  detail::deferred_norm norm_;
  std::vector<float> slope_;
  bool defers_;  ///< a pass with batch statistics leaves the affine function of each number to the next layer
};

}  // namespace minnow
