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

/// Random changes to training images: a shift by up to `crop` pixels in each direction (a random crop of the image
/// padded with zeros), and a horizontal flip with probability 1/2. Images are not shifted along an axis of one pixel,
/// so that a signal is shifted only in time.
struct augmentation {
  int crop = 0;
  bool flip = false;
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

/// All changes that a run makes to its training images.
template <class Element>
struct image_changes {
  augmentation moves{};
  augment_function<Element> own{};  ///< empty: none

  [[nodiscard]] bool none() const noexcept { return moves.crop == 0 && !moves.flip && !own; }
};

/// Applies all changes to the image `from` and writes the result to `to`, which must hold zeros.
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

  /// Loads images first … first + count - 1 of the epoch into the network, and their labels into `labels`.
  void into(network_base& net, int first, int count, std::vector<int>& labels) const;

private:
  const dataset<Element>& data_;
  image_changes<Element> changes_;
  random stream_;
  std::vector<int> order_;
};

#if defined(MINNOW_COMPILED)
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
