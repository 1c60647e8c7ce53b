#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/train/network_base.hpp>

namespace minnow {

/// Random changes to training images: a shift by up to `crop` pixels in each direction (a random crop of the padded
/// image, black outside), and a horizontal flip with probability 1/2. Images are not shifted along an axis of one
/// pixel, so that a signal is shifted only in time.
struct augmentation {
  int crop = 0;
  bool flip = false;
};

/// A user-defined change to a training image: augment(image, dimensions, draws) changes the image (H,W,C) in place.
///
/// draws   random numbers of this image in this epoch; they depend only on the run's seed, not on threads
///
/// It may be called for several images at once, on any thread, and so must not write to anything else.
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

/// Shifts and flips an image (H,W,C) by random amounts. `to` must hold zeros.
template <class Element>
void move_image(std::span<const Element> from, const shape& s, const augmentation& how, random r,
                std::span<Element> to) {
  const auto distance = [&](int extent) { return extent > 1 ? r.below(2 * how.crop + 1) - how.crop : 0; };
  const int down = distance(s.height);
  const int right = distance(s.width);
  const bool mirror = how.flip && r.below(2) == 1;
  for (int y = 0; y < s.height; ++y)
    for (int x = 0; x < s.width; ++x) {
      const int sy = y + down;
      const int sx = (mirror ? s.width - 1 - x : x) + right;
      if (sy < 0 || sy >= s.height || sx < 0 || sx >= s.width) continue;
      std::copy_n(from.data() + (sy * s.width + sx) * s.channels, s.channels,
                  to.data() + (y * s.width + x) * s.channels);
    }
}

/// Applies all changes to an image. `to` must hold zeros.
template <class Element>
void augment(std::span<const Element> from, const shape& s, const image_changes<Element>& how, const random& of_image,
             std::span<Element> to) {
  if (how.moves.crop > 0 || how.moves.flip) move_image(from, s, how.moves, of_image, to);
  else std::copy(from.begin(), from.end(), to.begin());
  if (!how.own) return;
  random draws = of_image.stream(0);
  how.own(to, s, draws);
}

/// Order of an epoch and the images of its batches, from one stream of random numbers.
template <class Element>
class batches {
public:
  batches(const dataset<Element>&& data, image_changes<Element> changes, bool shuffle, random stream) = delete;
  batches(const dataset<Element>& data, image_changes<Element> changes, bool shuffle, random stream)
      : data_(data), changes_(std::move(changes)), stream_(stream), order_(index(data.size())) {
    std::iota(order_.begin(), order_.end(), 0);
    if (!shuffle) return;
    random r = stream.stream(0);
    for (std::size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[index(r.below(static_cast<int>(i)))]);
  }

  /// Loads images first … first + count - 1 of the epoch into the network, and their labels into `labels`.
  void into(network_base& net, int first, int count, std::vector<int>& labels) const {
    net.prepare(count);
    labels.resize(data_.labels.empty() ? 0 : index(count));
    parallel_for(count, [&](int n) {
      const int at = order_[index(first + n)];
      if (!labels.empty()) labels[index(n)] = data_.labels[index(at)];
      if (changes_.none()) return net.put(n, data_.image(at).data());
      std::vector<Element> changed(index(data_.dimensions.size()));
      augment(data_.image(at), data_.dimensions, changes_, stream_.stream(static_cast<std::uint64_t>(first + n) + 1),
              std::span(changed));
      net.put(n, changed.data());
    });
  }

private:
  const dataset<Element>& data_;
  image_changes<Element> changes_;
  random stream_;
  std::vector<int> order_;
};

}  // namespace detail

}  // namespace minnow
