#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/affine.hpp>
#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/data/normalization.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/layer_times.hpp>
#include <minnow/train/network_layers.hpp>
#include <minnow/train/trainable.hpp>

namespace minnow {

/// A network without its model type. Training, `reestimate_batch_norm` and evaluation use this class; users use the
/// typed `network`.
class network_base : public network_layers {
public:
  /// Number of outputs of the model for one image.
  [[nodiscard]] int outputs() const noexcept { return layers_.back().out.size(); }
  [[nodiscard]] shape input() const noexcept { return input_shape_; }
  /// Hash that identifies the model (layer_graph::fingerprint). The files of the network store it.
  [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

  /// Returns true if the first layer is quantize<pixels>, so that images are bytes.
  [[nodiscard]] bool takes_pixels() const noexcept { return takes_pixels_; }

  /// Normalization of images before the first layer, unused if the first layer is quantize<pixels>.
  [[nodiscard]] const normalization& input_normalization() const noexcept { return normalization_; }
  /// Sets the normalization.
  ///
  /// throws  unless each channel has a finite mean and a standard deviation above 0, or `n` is empty
  void normalize(normalization n);
  [[deprecated("minnow: renamed to input_normalization")]] const normalization& input_normalisation() const noexcept {
    return input_normalization();
  }
  [[deprecated("minnow: renamed to normalize")]] void normalise(normalization n) { normalize(std::move(n)); }

  /// Allocates a batch of images (N,H,W,C) and returns its floats. Fill it with `put` or through the returned span. If
  /// the model begins with pixels, each float is a byte value 0 … 255.
  ///
  /// images   at least 1; an int must be able to count the pixels of all input images and of each layer's results
  /// throws   a number of images out of range
  std::span<float> prepare(int images);

  /// Writes image n of the batch, 0 … images-1: (H,W,C) bytes, or floats if the model does not begin with pixels.
  ///
  /// throws  n out of range
  template <class Element>
  void put(int n, const Element* image);

  /// Takes the images first … first + images - 1 of a data set as a batch.
  ///
  /// throws  images of another shape; a range that is not in the set
  template <class Element>
  void take(const dataset<Element>& data, int first, int images);

  /// From now on, measures each pass of each layer and adds its time in seconds to `times`; null stops this.
  void time_into(layer_times* times) noexcept { times_ = times; }

  /// Runs the batch through the network and returns the logits (N,classes).
  ///
  /// throws  if there is no batch, if alpha is outside [0, 1], or if measured_batches or first_image of `p` is
  ///         negative; also errors of a layer, with its path
  std::span<const float> forward(pass p);

  /// Computes the gradients of all parameters from the gradients of the logits (N,classes). Call it after forward(p).
  ///
  /// ready   called with each parameter as soon as its gradient is complete, from the last layer to the first
  /// throws  if there was no forward pass, or the numbers of gradients and logits differ; also errors of a layer
  void backward(std::span<const float> logit_gradient, pass p, const parameter_visitor* ready = nullptr);

  /// Result of layer i, 0 … layers-1, for the last batch.
  ///
  /// throws  i out of range
  [[nodiscard]] const activations& result(std::size_t i) const;

  /// Path of the first layer whose last result holds a NaN or an infinity; empty if there is none.
  [[nodiscard]] std::string_view first_not_finite() const noexcept;

  /// Factor by which the weight estimator multiplies the learning rate of the weights.
  [[nodiscard]] float learning_rate_scale(float alpha) const { return learning_rate_scale_(alpha); }
  /// Largest unquantized fraction of any quantizer in a forward pass at this alpha.
  [[nodiscard]] float unquantized_fraction(float alpha) const { return unquantized_fraction_(alpha); }

protected:
  network_base(shape input, std::uint64_t fingerprint, std::span<const detail::layer_entry> layers, bool takes_pixels,
               float (*scale_of)(float), float (*unquantized_fraction_of)(float));

  /// Sets the addresses of the layers after the network was constructed, copied or moved. The last batch is dropped.
  void bind(std::span<layer_hooks* const> layers);
  /// Draws the initial parameters of a new network at random, and chooses the buffers of its gradients. Call it after
  /// `bind`.
  void start(random r, initializer how);

private:
  [[nodiscard]] activations result_of(std::size_t layer) noexcept;
  /// A layer's input, converted to values if the layer does not take codes.
  [[nodiscard]] activations read(entry& l);
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

template <class Element>
void network_base::put(int n, const Element* image) {
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

template <class Element>
void network_base::take(const dataset<Element>& data, int first, int images) {
  if (data.dimensions != input() || first < 0 || images > data.size() - first)
    require(
        status::failure("take: expected %d images from index %d in a data set of %d, of the model's input shape, "
                        "found fewer or another shape",
                        images, first, data.size()));
  prepare(images);
  parallel_for(images, [&](int n) { put(n, data.image(first + n).data()); });
}

#if defined(MINNOW_COMPILED)
extern template void network_base::put(int, const std::uint8_t*);
extern template void network_base::put(int, const float*);
extern template void network_base::take(const dataset<std::uint8_t>&, int, int);
extern template void network_base::take(const dataset<float>&, int, int);
#endif

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/network_base.ipp>
#endif
