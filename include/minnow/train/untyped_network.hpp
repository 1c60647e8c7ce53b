#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/dataset.hpp>
#include <minnow/core/normalisation.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/random.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/train/layer_times.hpp>
#include <minnow/train/product.hpp>
#include <minnow/train/trainable.hpp>

namespace minnow {

namespace detail {

using parameter_visitor = std::function<void(const parameter&)>;
using array_visitor = std::function<void(std::string_view, std::span<float>)>;

/// What the loops of training ask of a layer, as functions: made once for each trainable reading, so that these loops are
/// compiled once and not for every network.
struct layer_functions {
  void (*forward)(void*, const activations&, activations&, const pass&);
  void (*backward)(void*, const activations&, const activations&, const float*, float*, const pass&);
  void (*start)(void*, random, start_weights);
  void (*parameters)(void*, const parameter_visitor&);
  void (*arrays)(void*, const array_visitor&);
  void (*statistics)(void*, const array_visitor&);
  bool trained;
};

template <class Layer>
inline constexpr layer_functions functions_of{
    [](void* l, const activations& in, activations& out, const pass& p) { static_cast<Layer*>(l)->forward(in, out, p); },
    [](void* l, const activations& in, const activations& out, const float* grad_out, float* grad_in, const pass& p) {
      static_cast<Layer*>(l)->backward(in, out, grad_out, grad_in, p);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] random r, [[maybe_unused]] start_weights how) {
      if constexpr (requires(Layer& x) { x.start(r, how); }) static_cast<Layer*>(l)->start(r, how);
      else if constexpr (requires(Layer& x) { x.start(r); }) static_cast<Layer*>(l)->start(r);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] const parameter_visitor& visit) {
      if constexpr (requires(Layer& x) { x.parameters(visit); }) static_cast<Layer*>(l)->parameters(visit);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] const array_visitor& visit) {
      if constexpr (requires(Layer& x) { x.arrays(visit); }) static_cast<Layer*>(l)->arrays(visit);
    },
    []([[maybe_unused]] void* l, [[maybe_unused]] const array_visitor& visit) {
      if constexpr (requires(Layer& x) { x.statistics(visit); }) static_cast<Layer*>(l)->statistics(visit);
    },
    requires(Layer& x, const parameter_visitor& visit) { x.parameters(visit); }};

/// A layer as a network without its type knows it, all but its address.
struct layer_entry {
  const layer_functions* functions;
  std::string_view path;
  shape in;
  shape out;
};

}  // namespace detail

/// A network without its type: what training, settling and measuring work on. `network` is the typed one that users have.
class untyped_network {
public:
  /// The model's outputs for one image.
  [[nodiscard]] int outputs() const noexcept { return layers_.back().out.size(); }
  [[nodiscard]] shape input() const noexcept { return layers_.front().in; }

  /// visit(path, parameter) for every trained tensor in order.
  void parameters(const std::function<void(std::string_view, const parameter&)>& visit) {
    for (entry& l : layers_) l.functions->parameters(l.layer, [&](const parameter& p) { visit(l.path, p); });
  }

  /// visit(path, name, floats) for everything that a file keeps, in order.
  void arrays(const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit) {
    for (entry& l : layers_) l.functions->arrays(l.layer, [&](std::string_view name, std::span<float> v) { visit(l.path, name, v); });
  }

  /// The same for what settling replaces: batch norm's running statistics.
  void statistics(const std::function<void(std::string_view, std::string_view, std::span<float>)>& visit) {
    for (entry& l : layers_) l.functions->statistics(l.layer, [&](std::string_view name, std::span<float> v) { visit(l.path, name, v); });
  }

  /// What is done to images before the first layer, unless that takes `pixels`.
  [[nodiscard]] const normalisation& input_normalisation() const noexcept { return normalisation_; }
  void normalise(normalisation n) {
    const auto channels = static_cast<std::size_t>(input().channels);
    if ((!n.mean.empty() && n.mean.size() != channels) || (!n.deviation.empty() && n.deviation.size() != channels))
      require(status::failure("normalise: expected %zu channels, found %zu means and %zu deviations", channels, n.mean.size(), n.deviation.size()));
    normalisation_ = std::move(n);
  }

  /// Makes room for a batch; `put` or the returned floats fill it: images (N,H,W,C), bytes as 0 … 255.
  std::span<float> prepare(int images) {
    images_ = images;
    const auto n = static_cast<std::size_t>(images);
    const std::size_t size = n * static_cast<std::size_t>(input().size());
    grow(input_, size);
    std::size_t widest = size;
    for (entry& l : layers_) {
      const std::size_t out = n * static_cast<std::size_t>(l.out.size());
      grow(l.output, out);
      widest = std::max(widest, out);
    }
    for (auto& gradient : gradients_) grow(gradient, widest);
    return {input_.data(), size};
  }

  /// Image n of the batch: (H,W,C) bytes, or floats where the model does not begin with pixels.
  template <class T>
  void put(int n, const T* image) noexcept {
    const int size = input().size();
    float* to = input_.data() + static_cast<std::size_t>(n) * static_cast<std::size_t>(size);
    const int channels = input().channels;
    for (int c = 0; c < channels; ++c) {
      const affine a = takes_pixels_ ? affine{} : normalisation_.template of_channel<T>(c);
      for (int k = c; k < size; k += channels) to[k] = a(static_cast<float>(image[k]));
    }
  }

  /// The images first … first + images - 1 of a data set as a batch.
  template <class T>
  void take(const dataset<T>& data, int first, int images) {
    prepare(images);
    parallel_for(images, [&](int n) { put(n, data.image(first + n).data()); });
  }

  /// Seconds that each layer takes, of all passes from now on, are added up there; null: no longer.
  void time_into(layer_times* times) noexcept { times_ = times; }

  /// Runs the batch through the network; logits (N,classes).
  std::span<const float> forward(pass p) {
    p.real_part = real_part_(p.alpha);
    const random noise = p.noise;
    activations in{input_.data(), images_, input()};
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      entry& l = layers_[i];
      p.layer = l.path;
      p.noise = noise.stream(i);
      l.result = {l.output.data(), images_, l.out};
      const detail::stopwatch watch(times_ != nullptr ? &times_->forward : nullptr, i, layers_.size());
      l.functions->forward(l.layer, in, l.result, p);
      in = l.result;
    }
    return {in.data, in.size()};
  }

  /// After forward(p): the gradients of all parameters, from those of the logits (N,classes).
  void backward(std::span<const float> logit_gradient, pass p) {
    std::copy(logit_gradient.begin(), logit_gradient.end(), gradients_[0].begin());
    const float* grad_out = gradients_[0].data();
    std::size_t next = 1;
    // No gradient is made for the image, nor for what stands before the first trained layer.
    std::size_t first = 0;
    while (first < layers_.size() && !layers_[first].functions->trained) ++first;
    for (std::size_t i = layers_.size(); i > first; --i) {
      entry& l = layers_[i - 1];
      p.layer = l.path;
      float* grad_in = i - 1 > first ? gradients_[next].data() : nullptr;
      const activations in = i > 1 ? layers_[i - 2].result : activations{input_.data(), images_, input()};
      const detail::stopwatch watch(times_ != nullptr ? &times_->backward : nullptr, i - 1, layers_.size());
      l.functions->backward(l.layer, in, l.result, grad_out, grad_in, p);
      grad_out = grad_in;
      next = 1 - next;
    }
  }

  /// What layer i made of the last batch.
  [[nodiscard]] const activations& result(std::size_t i) const noexcept { return layers_[i].result; }

  /// The path of the first layer whose last result holds a NaN or an infinity; empty where none does.
  [[nodiscard]] std::string_view first_not_finite() const noexcept {
    for (const entry& l : layers_)
      for (std::size_t k = 0; k < l.result.size(); ++k)
        if (!std::isfinite(l.result.data[k])) return l.path;
    return {};
  }

  /// What the estimator of the weights makes of their learning rate.
  [[nodiscard]] float step_scale(float alpha) const { return step_scale_(alpha); }
  /// The most that unquantized values take part in a forward pass at this alpha.
  [[nodiscard]] float real_part(float alpha) const { return real_part_(alpha); }

protected:
  untyped_network(std::span<const detail::layer_entry> layers, bool takes_pixels, float (*scale_of)(float), float (*real_part_of)(float))
      : takes_pixels_(takes_pixels), step_scale_(scale_of), real_part_(real_part_of) {
    for (const detail::layer_entry& l : layers) layers_.push_back({l});
  }

  /// Where the layers are, from now on: the network was made, copied or moved. Its last batch stays behind.
  void bind(std::span<void* const> layers) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      layers_[i].layer = layers[i];
      layers_[i].result = {};
    }
    times_ = nullptr;
    images_ = 0;
  }
  void start(random r, start_weights how) {
    for (std::size_t i = 0; i < layers_.size(); ++i) layers_[i].functions->start(layers_[i].layer, r.stream(i), how);
  }

private:
  struct entry : detail::layer_entry {
    void* layer = nullptr;
    kernels::aligned_floats output{};
    activations result{};
  };

  static void grow(kernels::aligned_floats& v, std::size_t size) {
    if (v.size() < size) v.resize(size);
  }

  std::vector<entry> layers_;
  normalisation normalisation_;
  kernels::aligned_floats input_;
  std::array<kernels::aligned_floats, 2> gradients_;
  layer_times* times_ = nullptr;
  int images_ = 0;
  bool takes_pixels_;
  float (*step_scale_)(float);
  float (*real_part_)(float);
};

}  // namespace minnow
