#pragma once

#include <algorithm>

#include <minnow/core/index.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/train/float_array.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layers/channel_sums.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

template <class Estimator>
class trainable<bias, Estimator> : public layer_base {
public:
  explicit trainable(shape in) : values_({index(in.channels)}), gradient_(values_) {}

  [[nodiscard]] const float_array<1>& values() const noexcept { return values_; }

  void forward(const activations& in, activations& out, const pass&) override {
    const int channels = in.dimensions.channels;
    detail::for_rows(in.rows(), channels, [&](std::size_t row, int c, auto count) {
      const std::size_t at = row * index(channels) + index(c);
      detail::store(out.data + at, detail::load(in.data + at, count) + detail::load(values_.data() + c, count), count);
    });
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass&) override {
    const int channels = in.dimensions.channels;
    sums_.run<1>(in.rows(), channels,
                 [&](std::size_t at, int, auto count, auto&& add) { add(0, detail::load(grad_out + at, count)); });
    for (int c = 0; c < channels; ++c) gradient_(c) = static_cast<float>(sums_.total(0, c));
    if (grad_in != nullptr) std::copy_n(grad_out, in.size(), grad_in);
  }

  void parameters(const parameter_visitor& visit) override {
    visit(parameter{"bias", {values_.data(), values_.size()}, {gradient_.data(), gradient_.size()}});
  }
  void arrays(const array_visitor& visit) override {
    visit(std::string_view("bias"), std::span<float>(values_.data(), values_.size()));
  }

private:
  float_array<1> values_;
  float_array<1> gradient_;
  detail::channel_sums sums_;
};

}  // namespace minnow
