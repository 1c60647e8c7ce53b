#pragma once

#include <minnow/data/dataset.hpp>

#include <cmath>
#include <limits>
#include <type_traits>

namespace minnow {

template <class Element>
std::span<const Element> dataset<Element>::image(int i) const {
  if (i < 0 || i >= size())
    require(status::failure("dataset: expected an image from 0 to %d, found %d", size() - 1, i));
  const auto n = index(dimensions.size());
  return std::span<const Element>(images).subspan(index(i) * n, n);
}

template <class Element>
dataset<Element> dataset<Element>::part(int first, int last) const {
  require(check());
  if (first < 0 || last < first || last > size())
    require(status::failure("dataset: expected a part [first, last) of its %d images, found [%d, %d)", size(), first,
                            last));
  const auto n = static_cast<std::ptrdiff_t>(dimensions.size());
  dataset result;
  result.dimensions = dimensions;
  result.images.assign(images.begin() + first * n, images.begin() + last * n);
  if (!labels.empty()) result.labels.assign(labels.begin() + first, labels.begin() + last);
  return result;
}

template <class Element>
status dataset<Element>::check(const char* who) const noexcept {
  const auto [height, width, channels] = dimensions;
  if (!dimensions.is_sound())
    return status::failure(
        "%s: expected images of at least 1x1x1 numbers (height, width, channels) and at most 2^31-1, found %dx%dx%d",
        who, height, width, channels);
  if (images.size() % index(dimensions.size()) != 0)
    return status::failure("%s: expected a multiple of %dx%dx%d values (height, width, channels), found %zu", who,
                           height, width, channels, images.size());
  if (images.size() / index(dimensions.size()) > index(std::numeric_limits<int>::max()))
    return status::failure("%s: expected at most 2147483647 images, found %zu", who,
                           images.size() / index(dimensions.size()));
  if (!labels.empty() && labels.size() != index(size()))
    return status::failure("%s: expected as many labels as images, found %zu labels and %d images", who, labels.size(),
                           size());
  return {};
}

template <class Element>
void dataset<Element>::check_new() const {
  require(check());
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] < 0)
      require(status::failure("dataset: expected labels of at least 0, found %d at image %zu", labels[i], i));
}

namespace detail {

template <class Element>
status check_images(const dataset<Element>& data, shape input, const char* who) noexcept {
  const shape found = data.dimensions;
  if (data.images.empty()) return status::failure("%s: expected images, found none", who);
  if (found != input)
    return status::failure(
        "%s: expected images of %dx%dx%d (height, width, channels: the model's input), found %dx%dx%d", who,
        input.height, input.width, input.channels, found.height, found.width, found.channels);
  if (status outcome = data.check(who); !outcome) return outcome;
  if constexpr (std::is_same_v<Element, float>)
    for (std::size_t i = 0; i < data.images.size(); ++i)
      if (!std::isfinite(data.images[i]))
        return status::failure("%s: expected finite numbers, found %f in image %zu", who,
                               static_cast<double>(data.images[i]), i / index(input.size()));
  return {};
}

template <class Element>
status check_labels(const dataset<Element>& data, int classes, const char* who) noexcept {
  if (data.labels.empty()) return status::failure("%s: expected labels, found none", who);
  if (data.labels.size() != index(data.size()))
    return status::failure("%s: expected as many labels as images, found %zu labels and %d images", who,
                           data.labels.size(), data.size());
  for (std::size_t i = 0; i < data.labels.size(); ++i)
    if (data.labels[i] < 0 || data.labels[i] >= classes)
      return status::failure("%s: expected labels from 0 to %d (the model's outputs), found %d at image %zu", who,
                             classes - 1, data.labels[i], i);
  return {};
}

}  // namespace detail

}  // namespace minnow
