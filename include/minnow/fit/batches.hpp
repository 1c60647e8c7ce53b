#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <minnow/core/dataset.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/random.hpp>
#include <minnow/train/untyped_network.hpp>

namespace minnow {

/// Random changes to training images: moved by up to `crop` pixels each way (a random crop of the padded image, black
/// outside), and mirrored left to right half of the time.
struct augmentation {
  int crop = 0;
  bool flip = false;
};

namespace detail {

/// An image (H,W,C), moved and mirrored as the random numbers say; `to` holds zeros.
template <class T>
void augment(std::span<const T> from, const shape& s, const augmentation& how, random r, std::span<T> to) {
  const int down = r.below(2 * how.crop + 1) - how.crop;
  const int right = r.below(2 * how.crop + 1) - how.crop;
  const bool mirror = how.flip && r.below(2) == 1;
  for (int y = 0; y < s.height; ++y)
    for (int x = 0; x < s.width; ++x) {
      const int sy = y + down;
      const int sx = (mirror ? s.width - 1 - x : x) + right;
      if (sy < 0 || sy >= s.height || sx < 0 || sx >= s.width) continue;
      std::copy_n(from.data() + (sy * s.width + sx) * s.channels, s.channels, to.data() + (y * s.width + x) * s.channels);
    }
}

/// The order of an epoch and the images of its batches, from one stream of random numbers.
template <class T>
class batches {
public:
  batches(const dataset<T>& data, augmentation a, bool shuffle, random stream)
      : data_(data), augmentation_(a), stream_(stream), order_(static_cast<std::size_t>(data.size())) {
    std::iota(order_.begin(), order_.end(), 0);
    if (!shuffle) return;
    random r = stream.stream(0);
    for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[static_cast<std::size_t>(r.below(static_cast<int>(i)))]);
  }

  /// Puts images first … first + count - 1 of the epoch into the network; their labels into `labels`.
  void into(untyped_network& net, int first, int count, std::vector<int>& labels) const {
    net.prepare(count);
    labels.resize(data_.labels.empty() ? 0 : static_cast<std::size_t>(count));
    parallel_for(count, [&](int n) {
      const int at = order_[static_cast<std::size_t>(first + n)];
      if (!labels.empty()) labels[static_cast<std::size_t>(n)] = data_.labels[static_cast<std::size_t>(at)];
      if (augmentation_.crop == 0 && !augmentation_.flip) return net.put(n, data_.image(at).data());
      std::vector<T> changed(static_cast<std::size_t>(data_.dimensions.size()));
      augment(data_.image(at), data_.dimensions, augmentation_, stream_.stream(static_cast<std::uint64_t>(first + n) + 1), std::span(changed));
      net.put(n, changed.data());
    });
  }

private:
  const dataset<T>& data_;
  augmentation augmentation_;
  random stream_;
  std::vector<int> order_;
};

}  // namespace detail

}  // namespace minnow
