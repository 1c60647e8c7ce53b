#pragma once

#include <minnow/train/network_base.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/gemm/vectors.hpp>
#include <minnow/layers/graph/builder.hpp>
#include <minnow/train/gradient_plan.hpp>

namespace minnow {

namespace detail {

/// Assigns a buffer to each gradient for as long as the gradient is needed. A chain of layers needs two buffers, and
/// branches need more. No gradient is computed for the image or for the layers before the first trained layer.
///
/// trained  called with the index of a layer; returns true if the layer has parameters
/// returns  the number of buffers
template <class Trained>
[[nodiscard]] int plan_gradients(std::span<const layer_entry> layers, Trained&& trained,
                                 std::vector<layer_gradients>& plan) {
  std::vector<int> free;
  int count = 0;
  const auto take = [&] {
    if (free.empty()) return count++;
    const int buffer = free.back();
    free.pop_back();
    return buffer;
  };
  plan.assign(layers.size(), {});
  const auto learns = [&](std::size_t i) { return i != image_input && plan[i].learns; };
  for (std::size_t i = 0; i < layers.size(); ++i)
    plan[i].learns = trained(i) || learns(layers[i].from) || learns(layers[i].second);
  plan.back().result = take();
  for (std::size_t i = layers.size(); i-- > 0;) {
    layer_gradients& l = plan[i];
    if (!l.learns) continue;
    for (const auto& [source, edge] :
         {std::pair{layers[i].from, &l.to_from}, std::pair{layers[i].second, &l.to_second}})
      if (learns(source)) {
        edge->buffer = take();
        edge->adds = plan[source].result >= 0;
        if (!edge->adds) plan[source].result = edge->buffer;
      }
    for (const gradient_edge& edge : {l.to_from, l.to_second})
      if (edge.adds) free.push_back(edge.buffer);
    free.push_back(l.result);
  }
  return count;
}

/// Measures time. The constructor resizes `seconds` to `count` numbers; the destructor adds the time since construction
/// to seconds[i]. Does nothing if `seconds` is null.
class stopwatch {
  using clock = std::chrono::steady_clock;

public:
  stopwatch(std::vector<double>* seconds, std::size_t i, std::size_t count) : seconds_(seconds), i_(i) {
    if (seconds_ == nullptr) return;
    seconds_->resize(count);
    start_ = clock::now();
  }
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;
  ~stopwatch() {
    if (seconds_ != nullptr) (*seconds_)[i_] += std::chrono::duration<double>(clock::now() - start_).count();
  }

private:
  std::vector<double>* seconds_;
  std::size_t i_;
  clock::time_point start_{};
};

inline void grow(kernels::aligned_floats& v, std::size_t size) {
  if (v.size() < size) v.resize(size);
}

}  // namespace detail

MINNOW_INLINE void network_base::normalize(normalization n) {
  require(n.check(input().channels, "normalize"));
  normalization_ = std::move(n);
}

MINNOW_INLINE std::span<float> network_base::prepare(int images) {
  int pixels = input().pixels();
  for (const entry& l : layers_) pixels = std::max(pixels, l.out.pixels());
  if (images < 1 || images > std::numeric_limits<int>::max() / pixels)
    require(status::failure("prepare: expected 1 to %d images in a batch, found %d",
                            std::numeric_limits<int>::max() / pixels, images));
  images_ = images;
  const auto n = index(images);
  const std::size_t size = n * index(input().size());
  detail::grow(input_, size);
  std::size_t widest = size;
  for (entry& l : layers_) {
    const std::size_t out = n * index(l.out.size());
    detail::grow(l.output, out);
    widest = std::max(widest, out);
  }
  for (auto& gradient : gradients_) detail::grow(gradient, widest);
  return {input_.data(), size};
}

MINNOW_INLINE std::span<const float> network_base::forward(pass p) {
  if (images_ < 1) require(status::failure("forward: expected a batch, found none: prepare or take one first"));
  if (!(p.alpha >= 0 && p.alpha <= 1))
    require(status::failure("forward: expected an alpha from 0 to 1, found %g", static_cast<double>(p.alpha)));
  if (p.measured_batches < 0 || p.first_image < 0)
    require(status::failure("forward: expected counts of at least 0, found measured_batches %d and first_image %d",
                            p.measured_batches, p.first_image));
  p.unquantized_fraction = unquantized_fraction_(p.alpha);
  const random noise = p.noise;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    entry& l = layers_[i];
    p.layer = l.path;
    p.noise = noise.stream(i);
    l.result = {l.output.data(), images_, l.out};
    const detail::stopwatch watch(times_ != nullptr ? &times_->forward : nullptr, i, layers_.size());
    if (l.joins) static_cast<join_base*>(l.layer)->forward(read(l), result_of(l.second), l.result, p);
    else static_cast<layer_base*>(l.layer)->forward(read(l), l.result, p);
  }
  const activations& out = layers_.back().result;
  return {out.data, out.size()};
}

MINNOW_INLINE void network_base::backward(std::span<const float> logit_gradient, pass p,
                                          const parameter_visitor* ready) {
  const auto buffer = [&](int i) { return i < 0 ? nullptr : gradients_[index(i)].data(); };
  if (images_ < 1 || logit_gradient.size() != layers_.back().result.size())
    require(status::failure("backward: expected the gradients of %zu logits, found %zu", layers_.back().result.size(),
                            logit_gradient.size()));
  std::copy(logit_gradient.begin(), logit_gradient.end(), buffer(layers_.back().gradients.result));
  const random noise = p.noise;
  for (std::size_t i = layers_.size(); i-- > 0;) {
    entry& l = layers_[i];
    if (!l.gradients.learns) continue;
    p.layer = l.path;
    p.noise = noise.stream(i);
    const detail::stopwatch watch(times_ != nullptr ? &times_->backward : nullptr, i, layers_.size());
    const activations in =
        l.values_read ? activations{l.values.data(), images_, result_of(l.from).dimensions} : result_of(l.from);
    float* const to_from = buffer(l.gradients.to_from.buffer);
    if (l.joins)
      static_cast<join_base*>(l.layer)->backward(l.result, buffer(l.gradients.result), to_from,
                                                 buffer(l.gradients.to_second.buffer), p);
    else static_cast<layer_base*>(l.layer)->backward(in, l.result, buffer(l.gradients.result), to_from, p);
    for (const auto& [source, edge] :
         {std::pair{l.from, l.gradients.to_from}, std::pair{l.second, l.gradients.to_second}})
      if (edge.adds)
        detail::add_to(buffer(edge.buffer), buffer(layers_[source].gradients.result), result_of(source).size());
    if (ready != nullptr) l.layer->parameters(*ready);
  }
}

MINNOW_INLINE const activations& network_base::result(std::size_t i) const {
  if (i >= layers_.size())
    require(status::failure("result: expected a layer from 0 to %zu, found %zu", layers_.size() - 1, i));
  return layers_[i].result;
}

MINNOW_INLINE std::string_view network_base::first_not_finite() const noexcept {
  for (const entry& l : layers_)
    for (std::size_t k = 0; k < l.result.size(); ++k)
      if (!std::isfinite(l.result.data[k])) return l.path;
  return {};
}

MINNOW_INLINE network_base::network_base(shape input, std::uint64_t fingerprint,
                                         std::span<const detail::layer_entry> layers, bool takes_pixels,
                                         float (*scale_of)(float), float (*unquantized_fraction_of)(float))
    : network_layers(layers),
      input_shape_(input),
      fingerprint_(fingerprint),
      takes_pixels_(takes_pixels),
      learning_rate_scale_(scale_of),
      unquantized_fraction_(unquantized_fraction_of) {}

MINNOW_INLINE void network_base::bind(std::span<layer_hooks* const> layers) {
  network_layers::bind(layers);
  times_ = nullptr;
  images_ = 0;
}

MINNOW_INLINE void network_base::start(random r, initializer how) {
  std::vector<detail::layer_entry> layers;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    layers_[i].layer->start(r.stream(i), how);
    layers.push_back(layers_[i]);
  }
  const auto trained = [&](std::size_t i) {
    bool any = false;
    layers_[i].layer->parameters([&](const parameter&) { any = true; });
    return any;
  };
  std::vector<detail::layer_gradients> plan;
  gradients_.resize(index(detail::plan_gradients(layers, trained, plan)));
  for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i].gradients = plan[i];
}

MINNOW_INLINE activations network_base::result_of(std::size_t layer) noexcept {
  return layer == detail::image_input ? activations{input_.data(), images_, input()} : layers_[layer].result;
}

MINNOW_INLINE activations network_base::read(entry& l) {
  activations in = result_of(l.from);
  l.values_read = in.scale != 1 && !l.layer->reads_codes();
  if (!l.values_read) return in;
  detail::grow(l.values, in.size());
  detail::multiply(in.data, in.scale, l.values.data(), in.size());
  return {l.values.data(), images_, in.dimensions};
}

}  // namespace minnow
