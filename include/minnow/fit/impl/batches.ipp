#pragma once

#include <minnow/fit/batches.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <type_traits>
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

/// Writes zeros to a square around a random pixel.
template <class Element>
void cut_out(std::span<Element> image, const shape& s, int side, random r) {
  const int top = r.below(s.height) - side / 2, left = r.below(s.width) - side / 2;
  const int first = std::max(left, 0), last = std::min(left + side, s.width);
  for (int y = std::max(top, 0); y < std::min(top + side, s.height); ++y)
    std::fill_n(image.data() + (y * s.width + first) * s.channels, (last - first) * s.channels, Element{0});
}

/// Draws a number from the distribution Beta(a, a), for a in (0, 1].
///
/// source  Jöhnk 1964
[[nodiscard]] MINNOW_INLINE double draw_beta(double a, random r) {
  const auto draw = [&r] { return (static_cast<double>(r.next() >> 11) + 1) * 0x1p-53; };  // in (0, 1]
  for (;;) {
    // Logarithms of u^(1/a) and v^(1/a), which may be too small for a double.
    const double x = std::log(draw()) / a, y = std::log(draw()) / a, largest = std::max(x, y);
    const double log_sum = largest + std::log(std::exp(x - largest) + std::exp(y - largest));
    if (log_sum <= 0) return std::exp(x - log_sum);
  }
}

MINNOW_INLINE mixture draw_mixture(float mixup, const random& of_image, int count) {
  random r = of_image.stream(2);
  const int other = r.below(count);
  const double share = draw_beta(static_cast<double>(mixup), r.stream(0));
  return {other, static_cast<float>(std::max(share, 1 - share))};
}

template <class Element>
void mix(std::span<Element> image, std::span<const Element> other, float share) {
  for (std::size_t i = 0; i < image.size(); ++i) {
    const float mixed = share * static_cast<float>(image[i]) + (1 - share) * static_cast<float>(other[i]);
    image[i] = static_cast<Element>(std::is_integral_v<Element> ? std::floor(mixed + 0.5f) : mixed);
  }
}

template <class Element>
void augment(std::span<const Element> from, const shape& s, const image_changes<Element>& how, const random& of_image,
             std::span<Element> to) {
  if (how.moves.crop > 0 || how.moves.flip) move_image(from, s, how.moves, of_image, to);
  else std::copy(from.begin(), from.end(), to.begin());
  if (how.moves.cutout > 0) cut_out(to, s, how.moves.cutout, of_image.stream(1));
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
void batches<Element>::into(std::span<network_base* const> nets, int first, int count, targets& of) const {
  for (network_base* const net : nets) net->prepare(count);
  const bool labeled = !data_.labels.empty(), mixes = changes_.mixes();
  of.images.assign(order_.begin() + first, order_.begin() + first + count);
  of.labels.resize(labeled ? index(count) : 0);
  for (std::size_t n = 0; n < of.labels.size(); ++n) of.labels[n] = data_.labels[index(of.images[n])];
  of.other_labels.resize(mixes && labeled ? index(count) : 0);
  of.other_images.resize(mixes ? index(count) : 0);
  of.shares.resize(of.other_images.size());
  const auto changed = [&](int n) {
    std::vector<Element> image(index(data_.dimensions.size()));
    augment(data_.image(of.images[index(n)]), data_.dimensions, changes_, of_place(first + n), std::span(image));
    return image;
  };
  parallel_for(count, [&](int n) {
    const auto put = [&](const Element* image) {
      for (network_base* const net : nets) net->put(n, image);
    };
    if (changes_.none()) return put(data_.image(of.images[index(n)]).data());
    std::vector<Element> image = changed(n);
    if (mixes) {
      const auto [other, share] = draw_mixture(changes_.moves.mixup, of_place(first + n), count);
      mix(std::span(image), std::span<const Element>(changed(other)), share);
      of.other_images[index(n)] = of.images[index(other)];
      if (labeled) of.other_labels[index(n)] = of.labels[index(other)];
      of.shares[index(n)] = share;
    }
    put(image.data());
  });
}

}  // namespace minnow::detail
