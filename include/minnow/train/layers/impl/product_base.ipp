#pragma once

#include <minnow/train/layers/product_base.hpp>

#include <cmath>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/gemm/vectors.hpp>

namespace minnow::detail {

MINNOW_INLINE product_base::product_base(const geometry& g, input_kernel inputs, std::size_t scales)
    : geometry_(g),
      weights_({index(g.out.channels), index(g.kernel.height), index(g.kernel.width), index(g.group_channels())}),
      gradient_(weights_.shape()),
      codes_(weights_.size()),
      scales_(scales),
      operand_(weights_.size()),
      floats_(g),
      codes_by_codes_(inputs.kernel),
      weight_gradient_(g),
      takes_bits_(inputs.bits) {}

MINNOW_INLINE void product_base::set_weights(const float_array<4>& w) {
  if (w.shape() != weights_.shape())
    require(status::failure("set_weights: expected (%zu, %zu, %zu, %zu) weights, found (%zu, %zu, %zu, %zu)",
                            weights_.shape(0), weights_.shape(1), weights_.shape(2), weights_.shape(3), w.shape(0),
                            w.shape(1), w.shape(2), w.shape(3)));
  weights_ = w;
  moved();
}

MINNOW_INLINE void product_base::draw(random r, initializer how, bool uniform_init) {
  const float fan_in = static_cast<float>(geometry_.inputs());
  const float fan_out =
      static_cast<float>(geometry_.kernel.height * geometry_.kernel.width * geometry_.group_filters());
  if (how == initializer::by_quantizer) how = uniform_init ? initializer::wide : initializer::glorot;
  const float limit = how == initializer::wide     ? 1.0f
                      : how == initializer::glorot ? std::sqrt(6 / (fan_in + fan_out))
                                                   : std::sqrt(6 / fan_in);
  for (float& w : weights_) w = r.uniform(-limit, limit);
  moved();
}

MINNOW_INLINE void product_base::multiply(const activations& in, activations& out, const pass& p, float share) {
  const bool as_codes = share == 1;
  if (as_codes && in.max_code > 0 && codes_by_codes_.serves(geometry_)) {
    codes_by_codes_.run(geometry_, in, codes_, scales_with(in.scale), out.data);
    return;
  }
  if (!as_codes) blend(share);
  const bool in_order = !p.takes_batch_statistics() || (as_codes && in.max_code > 0);
  floats_.forward(in.images, in.data, as_codes ? codes_.data() : operand_.data(), out.data, in_order);
  if (as_codes) scale_sums(in.scale, out);
  else if (in.scale != 1) scale_all(in.scale, out.data, out.size());
}

MINNOW_INLINE void product_base::differentiate_weights(const activations& in, const float* grad_out) {
  if (takes_bits_ && in.max_code > 0 && geometry_.groups == 1 && weight_gradient_.usable())
    weight_gradient_.run(in.images, in.data, grad_out, gradient_.data());
  else floats_.backward_weights(in.images, in.data, grad_out, gradient_.data());
}

MINNOW_INLINE void product_base::differentiate_inputs(int images, const float* grad_out, float* grad_in,
                                                      bool as_codes) {
  if (as_codes) blend(1);
  floats_.backward_inputs(images, grad_out, operand_.data(), grad_in);
}

MINNOW_INLINE void product_base::moved() noexcept {
  measured_ = 0;
  coded_ = false;
}

MINNOW_INLINE void product_base::has_codes() noexcept {
  coded_ = quantized_once_ = true;
  codes_by_codes_.invalidate();
}

MINNOW_INLINE void product_base::scale_all(float scale, float* values, std::size_t size) {
  if (scale != 1) detail::multiply(values, scale, values, size);
}

MINNOW_INLINE void product_base::blend(float share) {
  const std::size_t group = weights_.size() / scales_.size();
  for (std::size_t s = 0; s < scales_.size(); ++s) {
    const vector part(share * scales_[s]);
    const vector rest(1 - share);
    for_all(group, [&](std::size_t k, auto count) {
      const std::size_t at = s * group + k;
      store(operand_.data() + at, part * load(codes_.data() + at, count) + rest * load(weights_.data() + at, count),
            count);
    });
  }
}

MINNOW_INLINE std::span<const float> product_base::scales_with(float in_scale) {
  filter_scales_.resize(index(geometry_.out.channels));
  for (std::size_t f = 0; f < filter_scales_.size(); ++f)
    filter_scales_[f] = in_scale * scales_[scales_.size() == 1 ? 0 : f];
  return filter_scales_;
}

MINNOW_INLINE void product_base::scale_sums(float in_scale, activations& out) {
  if (scales_.size() == 1) return scale_all(in_scale * scales_[0], out.data, out.size());
  multiply_columns(out.data, out.rows(), scales_with(in_scale));
}

}  // namespace minnow::detail
