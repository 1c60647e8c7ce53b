#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/train/network_base.hpp>

namespace minnow {

/// Random changes to training images, in this order: a shift by up to `crop` pixels in each direction (a random crop of
/// the image padded with zeros), a horizontal flip with probability 1/2, a square of `cutout` x `cutout` zeros (cut off
/// at the image's border) around a random pixel, and a mixture with another image of the batch. Images are not shifted
/// along an axis of one pixel, so that a signal is shifted only in time.
///
/// mixup    a in [0, 1]; 0: none. A share s is drawn from the distribution Beta(a, a), with s >= 1/2 (the larger of s
///          and 1 - s). The image becomes s · image + (1 - s) · other, and so does its loss with both labels
/// source   cutout: DeVries & Taylor 2017; mixup: Zhang et al. 2018
struct augmentation {
  int crop = 0;
  bool flip = false;
  int cutout = 0;
  float mixup = 0;
};

/// A user-defined change to a training image: augment(image, dimensions, draws) changes the image (H,W,C) in place.
///
/// draws   random number generator for this image in this epoch; its numbers depend on the run's seed, but not on the
///         number of threads
///
/// Several threads may call the function at the same time, so it must not write to anything else.
template <class Element>
using augment_function = std::function<void(std::span<Element> image, const shape& dimensions, random& draws)>;

namespace detail {

/// The labels of a batch, and the numbers of its images in the source.
struct targets {
  std::vector<int> labels;        ///< one for each image; empty if the images have no labels
  std::vector<int> images;        ///< number of each image in the data set
  std::vector<int> other_labels;  ///< label of the image that is mixed in; empty without mixup
  std::vector<int> other_images;  ///< number of the image that is mixed in
  std::vector<float> shares;      ///< share of the image itself; 1 - share is the share of the other image
};

/// All changes that a run makes to its training images.
template <class Element>
struct image_changes {
  augmentation moves{};
  augment_function<Element> own{};  ///< empty: none

  [[nodiscard]] bool none() const noexcept {
    return moves.crop == 0 && !moves.flip && moves.cutout == 0 && !mixes() && !own;
  }
  [[nodiscard]] bool mixes() const noexcept { return moves.mixup > 0; }
};

/// The other image of a mixture, and the share of the image itself.
struct mixture {
  int other = 0;
  float share = 1;
};

/// Draws the mixture of an image with one of `count` images, number 0 … count - 1.
[[nodiscard]] mixture draw_mixture(float mixup, const random& of_image, int count);

/// image = share · image + (1 - share) · other. Bytes are rounded.
template <class Element>
void mix(std::span<Element> image, std::span<const Element> other, float share);

/// Applies all changes except the mixture to the image `from`, and writes the result to `to`, which must hold zeros.
template <class Element>
void augment(std::span<const Element> from, const shape& s, const image_changes<Element>& how, const random& of_image,
             std::span<Element> to);

/// Determines the order of the images in an epoch and loads them in batches. One stream of random numbers determines
/// the order and the changes of the images.
template <class Element>
class batches {
public:
  batches(const dataset<Element>&& data, image_changes<Element> changes, bool shuffle, random stream) = delete;
  batches(const dataset<Element>& data, image_changes<Element> changes, bool shuffle, random stream);

  /// Loads images first … first + count - 1 of the epoch into each of the networks, and their labels into `of`. An
  /// image is mixed with another one of these images.
  void into(std::span<network_base* const> nets, int first, int count, targets& of) const;

private:
  [[nodiscard]] random of_place(int place) const noexcept {
    return stream_.stream(static_cast<std::uint64_t>(place) + 1);
  }

  const dataset<Element>& data_;
  image_changes<Element> changes_;
  random stream_;
  std::vector<int> order_;
};

#if defined(MINNOW_COMPILED)
extern template void mix(std::span<std::uint8_t>, std::span<const std::uint8_t>, float);
extern template void mix(std::span<float>, std::span<const float>, float);
extern template void augment(std::span<const std::uint8_t>, const shape&, const image_changes<std::uint8_t>&,
                             const random&, std::span<std::uint8_t>);
extern template void augment(std::span<const float>, const shape&, const image_changes<float>&, const random&,
                             std::span<float>);
extern template class batches<std::uint8_t>;
extern template class batches<float>;
#endif

}  // namespace detail

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/batches.ipp>
#endif
