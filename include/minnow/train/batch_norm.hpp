#pragma once

#include <cmath>
#include <vector>

#include <xtensor/containers/xtensor.hpp>

#include <minnow/core/affine.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/train/channel_sums.hpp>
#include <minnow/train/trainable.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

template <class Estimator>
class trainable<batch_norm, Estimator> {
  using row = xt::xtensor<float, 1>;

public:
  explicit trainable(shape in)
      : gamma_(xt::ones<float>({static_cast<std::size_t>(in.channels)})),
        beta_(xt::zeros<float>(gamma_.shape())),
        mean_(beta_),
        variance_(gamma_),
        grad_gamma_(beta_),
        grad_beta_(beta_),
        scale_(gamma_.size()),
        shift_(gamma_.size()),
        batch_mean_(gamma_.size()),
        inverse_deviation_(gamma_.size()) {}

  [[nodiscard]] const row& gamma() const noexcept { return gamma_; }
  [[nodiscard]] const row& beta() const noexcept { return beta_; }
  [[nodiscard]] const row& running_mean() const noexcept { return mean_; }
  [[nodiscard]] const row& running_variance() const noexcept { return variance_; }
  /// How far the statistics are from those of the shipped network: the running average of the unquantized part of the
  /// forward passes in which they were taken.
  [[nodiscard]] float unsettled() const noexcept { return unsettled_; }
  /// What evaluation and the packed network apply.
  [[nodiscard]] affine evaluated(int c) const noexcept {
    return affine::normalizing(gamma_(c), beta_(c), mean_(c), variance_(c), batch_norm::epsilon);
  }

  void forward(const activations& in, activations& out, const pass& p) {
    const int channels = in.dimensions.channels;
    if (p.mode == mode::evaluate) {
      for (int c = 0; c < channels; ++c) set(c, evaluated(c));
    } else {
      measure(in, p);
    }
    detail::for_rows(in.rows(), channels, [&](std::size_t r, int c, auto count) {
      const std::size_t at = r * static_cast<std::size_t>(channels) + static_cast<std::size_t>(c);
      const auto y = detail::fused(detail::load(in.data + at, count), detail::load(scale_.data() + c, count),
                                   detail::load(shift_.data() + c, count));
      detail::store(out.data + at, y, count);
    });
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in, const pass&) {
    const int channels = in.dimensions.channels;
    const auto rows = static_cast<double>(in.rows());
    sums_.run<2>(in.rows(), channels, [&](std::size_t at, int c, auto count, auto&& add) {
      const auto g = detail::load(grad_out + at, count);
      const auto normalized = (detail::load(in.data + at, count) - detail::load(batch_mean_.data() + c, count)) *
                              detail::load(inverse_deviation_.data() + c, count);
      add(0, g);
      add(1, g * normalized);
    });
    for (int c = 0; c < channels; ++c) {
      grad_beta_(c) = static_cast<float>(sums_.total(0, c));
      grad_gamma_(c) = static_cast<float>(sums_.total(1, c));
      // dx = gamma / deviation * (g - mean(g) - normalized * mean(g * normalized)), as g * scale + x * slope + rest.
      const double scale = static_cast<double>(gamma_(c)) * static_cast<double>(inverse_deviation_[i(c)]);
      const double slope = -scale * static_cast<double>(inverse_deviation_[i(c)]) * sums_.total(1, c) / rows;
      scale_[i(c)] = static_cast<float>(scale);
      slope_[i(c)] = static_cast<float>(slope);
      shift_[i(c)] = static_cast<float>(-scale * sums_.total(0, c) / rows);
    }
    if (grad_in == nullptr) return;
    detail::for_rows(in.rows(), channels, [&](std::size_t r, int c, auto count) {
      const std::size_t at = r * static_cast<std::size_t>(channels) + static_cast<std::size_t>(c);
      const auto centred = detail::load(in.data + at, count) - detail::load(batch_mean_.data() + c, count);
      detail::store(grad_in + at,
                    detail::load(grad_out + at, count) * detail::load(scale_.data() + c, count) +
                        (centred * detail::load(slope_.data() + c, count) + detail::load(shift_.data() + c, count)),
                    count);
    });
  }

  template <class Visit>
  void parameters(Visit&& visit) {
    visit(parameter{"gamma", span(gamma_), span(grad_gamma_)});
    visit(parameter{"beta", span(beta_), span(grad_beta_)});
  }
  template <class Visit>
  void arrays(Visit&& visit) {
    visit(std::string_view("gamma"), span(gamma_));
    visit(std::string_view("beta"), span(beta_));
    statistics(visit);
  }
  /// What settling replaces.
  template <class Visit>
  void statistics(Visit&& visit) {
    visit(std::string_view("mean"), span(mean_));
    visit(std::string_view("variance"), span(variance_));
    visit(std::string_view("unsettled"), std::span<float>(&unsettled_, 1));
  }

private:
  static std::size_t i(int c) noexcept { return static_cast<std::size_t>(c); }
  static std::span<float> span(row& r) noexcept { return {r.data(), r.size()}; }

  void set(int c, affine a) noexcept {
    scale_[i(c)] = a.scale;
    shift_[i(c)] = a.shift;
  }

  /// Batch statistics into scale and shift, and into the running ones. The variance is taken around the batch's mean.
  void measure(const activations& in, const pass& p) {
    const int channels = in.dimensions.channels;
    const auto rows = static_cast<double>(in.rows());
    slope_.resize(scale_.size());
    sums_.run<1>(in.rows(), channels, [&](std::size_t at, int, auto count, auto&& add) { add(0, detail::load(in.data + at, count)); });
    for (int c = 0; c < channels; ++c) batch_mean_[i(c)] = static_cast<float>(sums_.total(0, c) / rows);
    sums_.run<1>(in.rows(), channels, [&](std::size_t at, int c, auto count, auto&& add) {
      const auto centred = detail::load(in.data + at, count) - detail::load(batch_mean_.data() + c, count);
      add(0, centred * centred);
    });
    const double momentum = p.mode == mode::settle ? 1.0 / (p.settled + 1) : static_cast<double>(batch_norm::momentum);
    const auto move = [&](float& running, double now) {
      running = static_cast<float>((1 - momentum) * static_cast<double>(running) + momentum * now);
    };
    for (int c = 0; c < channels; ++c) {
      const double variance = sums_.total(0, c) / rows;
      inverse_deviation_[i(c)] = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(batch_norm::epsilon)));
      const double scale = static_cast<double>(gamma_(c)) * static_cast<double>(inverse_deviation_[i(c)]);
      set(c, {static_cast<float>(scale), static_cast<float>(static_cast<double>(beta_(c)) - static_cast<double>(batch_mean_[i(c)]) * scale)});
      move(mean_(c), static_cast<double>(batch_mean_[i(c)]));
      move(variance_(c), rows > 1 ? variance * rows / (rows - 1) : variance);
    }
    move(unsettled_, static_cast<double>(p.real_part));
  }

  row gamma_;
  row beta_;
  row mean_;
  row variance_;
  row grad_gamma_;
  row grad_beta_;
  float unsettled_ = 0;
  std::vector<float> scale_;
  std::vector<float> shift_;
  std::vector<float> slope_;
  std::vector<float> batch_mean_;
  std::vector<float> inverse_deviation_;
  detail::channel_sums sums_;
};

}  // namespace minnow
