#pragma once

#include <minnow/fit/batches.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>

namespace minnow::detail {

/// Writes the image `from` (H,W,C), shifted by a random distance and flipped at random, to `to`, which must hold zeros.
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

template <class Element>
void augment(std::span<const Element> from, const shape& s, const image_changes<Element>& how, const random& of_image,
             std::span<Element> to) {
  if (how.moves.crop > 0 || how.moves.flip) move_image(from, s, how.moves, of_image, to);
  else std::copy(from.begin(), from.end(), to.begin());
  if (!how.own) return;
  random draws = of_image.stream(0);
  how.own(to, s, draws);
}

template <class Element>
batches<Element>::batches(const dataset<Element>& data, image_changes<Element> changes, bool shuffle, random stream)
    : data_(data), changes_(std::move(changes)), stream_(stream), order_(index(data.size())) {
  std::iota(order_.begin(), order_.end(), 0);
  if (!shuffle) return;
  random r = stream.stream(0);
  for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[index(r.below(static_cast<int>(i)))]);
}

template <class Element>
void batches<Element>::into(network_base& net, int first, int count, std::vector<int>& labels) const {
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

}  // namespace minnow::detail
