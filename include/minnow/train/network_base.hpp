#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/data/normalization.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/layers/graph/builder.hpp>
#include <minnow/train/gradient_plan.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layer_times.hpp>
#include <minnow/train/network_layers.hpp>
#include <minnow/train/trainable.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// A network without its model type. Training, batch-norm re-estimation and evaluation work on it. Users have the typed
/// `network`.
class network_base : public network_layers {
public:
  /// Number of outputs of the model for one image.
  [[nodiscard]] int outputs() const noexcept { return layers_.back().out.size(); }
  [[nodiscard]] shape input() const noexcept { return input_shape_; }
  /// Fingerprint of the model, which its files store.
  [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

  /// Normalization of images before the first layer, unused if the first layer is `pixels`.
  [[nodiscard]] const normalization& input_normalization() const noexcept { return normalization_; }
  /// Sets the normalization.
  ///
  /// throws  unless there is a finite mean and a standard deviation above 0 for each channel, or none at all
  void normalize(normalization n) {
    require(n.check(input().channels, "normalize"));
    normalization_ = std::move(n);
  }
  [[deprecated("minnow: renamed to input_normalization")]] const normalization& input_normalisation() const noexcept {
    return input_normalization();
  }
  [[deprecated("minnow: renamed to normalize")]] void normalise(normalization n) { normalize(std::move(n)); }

  /// Allocates a batch. `put` or the returned floats fill it: images (N,H,W,C), bytes as 0 … 255.
  ///
  /// images   at least 1, and so few that an int can count the pixels of the input and of each layer's results
  /// throws   a number of images out of range
  std::span<float> prepare(int images) {
    int pixels = input().pixels();
    for (const entry& l : layers_) pixels = std::max(pixels, l.out.pixels());
    if (images < 1 || images > std::numeric_limits<int>::max() / pixels)
      require(status::failure("prepare: expected 1 to %d images in a batch, found %d",
                              std::numeric_limits<int>::max() / pixels, images));
    images_ = images;
    const auto n = index(images);
    const std::size_t size = n * index(input().size());
    grow(input_, size);
    std::size_t widest = size;
    for (entry& l : layers_) {
      const std::size_t out = n * index(l.out.size());
      grow(l.output, out);
      widest = std::max(widest, out);
    }
    for (auto& gradient : gradients_) grow(gradient, widest);
    return {input_.data(), size};
  }

  /// Writes image n of the batch, 0 … images-1: (H,W,C) bytes, or floats if the model does not begin with pixels.
  ///
  /// throws  n out of range
  template <class Element>
  void put(int n, const Element* image) {
    if (n < 0 || n >= images_)
      require(status::failure("put: expected an image from 0 to %d of the batch, found %d", images_ - 1, n));
    const int size = input().size();
    float* to = input_.data() + index(n) * index(size);
    const int channels = input().channels;
    for (int c = 0; c < channels; ++c) {
      const affine a = takes_pixels_ ? affine{} : normalization_.template of_channel<Element>(c);
      for (int k = c; k < size; k += channels) to[k] = a(static_cast<float>(image[k]));
    }
  }

  /// Takes the images first … first + images - 1 of a data set as a batch.
  ///
  /// throws  images of another shape; a range that is not in the set
  template <class Element>
  void take(const dataset<Element>& data, int first, int images) {
    if (data.dimensions != input() || first < 0 || images > data.size() - first)
      require(
          status::failure("take: expected %d images from index %d in a data set of %d, of the model's input shape, "
                          "found fewer or another shape",
                          images, first, data.size()));
    prepare(images);
    parallel_for(images, [&](int n) { put(n, data.image(first + n).data()); });
  }

  /// Adds the seconds that each layer takes, in all passes from now on, to `times`; null ends this.
  void time_into(layer_times* times) noexcept { times_ = times; }

  /// Runs the batch through the network and returns the logits (N,classes).
  ///
  /// throws  without a batch; an alpha outside [0, 1]; a negative count; errors of a layer, with its path
  std::span<const float> forward(pass p) {
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

  /// Computes the gradients of all parameters from the gradients of the logits (N,classes). Call it after forward(p).
  ///
  /// ready   called with each parameter as soon as its gradient is complete, from the last layer to the first
  /// throws  without a forward pass; another number of gradients than of logits; errors of a layer
  void backward(std::span<const float> logit_gradient, pass p, const parameter_visitor* ready = nullptr) {
    const auto buffer = [&](int i) { return i < 0 ? nullptr : gradients_[index(i)].data(); };
    if (images_ < 1 || logit_gradient.size() != layers_.back().result.size())
      require(status::failure("backward: expected the gradients of %zu logits, found %zu", layers_.back().result.size(),
                              logit_gradient.size()));
    std::copy(logit_gradient.begin(), logit_gradient.end(), buffer(layers_.back().gradients.result));
    for (std::size_t i = layers_.size(); i-- > 0;) {
      entry& l = layers_[i];
      if (!l.gradients.learns) continue;
      p.layer = l.path;
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

  /// Result of layer i, 0 … layers-1, for the last batch.
  ///
  /// throws  i out of range
  [[nodiscard]] const activations& result(std::size_t i) const {
    if (i >= layers_.size())
      require(status::failure("result: expected a layer from 0 to %zu, found %zu", layers_.size() - 1, i));
    return layers_[i].result;
  }

  /// Path of the first layer whose last result holds a NaN or an infinity; empty if there is none.
  [[nodiscard]] std::string_view first_not_finite() const noexcept {
    for (const entry& l : layers_)
      for (std::size_t k = 0; k < l.result.size(); ++k)
        if (!std::isfinite(l.result.data[k])) return l.path;
    return {};
  }

  /// Factor that the weights' estimator applies to their learning rate.
  [[nodiscard]] float learning_rate_scale(float alpha) const { return learning_rate_scale_(alpha); }
  /// Largest unquantized fraction in a forward pass at this alpha.
  [[nodiscard]] float unquantized_fraction(float alpha) const { return unquantized_fraction_(alpha); }

protected:
  network_base(shape input, std::uint64_t fingerprint, std::span<const detail::layer_entry> layers, bool takes_pixels,
               float (*scale_of)(float), float (*unquantized_fraction_of)(float))
      : network_layers(layers),
        input_shape_(input),
        fingerprint_(fingerprint),
        takes_pixels_(takes_pixels),
        learning_rate_scale_(scale_of),
        unquantized_fraction_(unquantized_fraction_of) {}

  /// Sets the addresses of the layers after the network was constructed, copied or moved. The last batch is dropped.
  void bind(std::span<layer_hooks* const> layers) {
    network_layers::bind(layers);
    times_ = nullptr;
    images_ = 0;
  }
  /// Draws the parameters and plans the gradients of a new network, after `bind`.
  void start(random r, initializer how) {
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

private:
  [[nodiscard]] activations result_of(std::size_t layer) noexcept {
    return layer == detail::image_input ? activations{input_.data(), images_, input()} : layers_[layer].result;
  }
  /// A layer's input, converted to values if the layer does not take codes.
  [[nodiscard]] activations read(entry& l) {
    activations in = result_of(l.from);
    l.values_read = in.scale != 1 && !l.layer->reads_codes();
    if (!l.values_read) return in;
    grow(l.values, in.size());
    detail::multiply(in.data, in.scale, l.values.data(), in.size());
    return {l.values.data(), images_, in.dimensions};
  }
  static void grow(kernels::aligned_floats& v, std::size_t size) {
    if (v.size() < size) v.resize(size);
  }

  shape input_shape_;
  std::uint64_t fingerprint_;
  normalization normalization_;
  kernels::aligned_floats input_;
  std::vector<kernels::aligned_floats> gradients_;
  layer_times* times_ = nullptr;
  int images_ = 0;
  bool takes_pixels_;
  float (*learning_rate_scale_)(float);
  float (*unquantized_fraction_)(float);
};

}  // namespace minnow
