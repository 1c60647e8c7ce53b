#pragma once

#include <vector>

#include <minnow/core/classify.hpp>
#include <minnow/core/dataset.hpp>
#include <minnow/train/network.hpp>

namespace minnow {

namespace detail {

/// Refuses data that a network cannot take, at the door.
template <class T>
void check_data(const untyped_network& net, const dataset<T>& data, const char* where) {
  const shape s = net.input();
  if (data.size() == 0) require(status::failure("%s: expected images, found none", where));
  if (data.dimensions != s)
    require(status::failure("%s: expected images of %dx%dx%d (height, width, channels: the model's input), found %dx%dx%d", where,
                            s.height, s.width, s.channels, data.dimensions.height, data.dimensions.width, data.dimensions.channels));
  if constexpr (std::is_same_v<T, float>)
    for (std::size_t i = 0; i < data.images.size(); ++i)
      if (!std::isfinite(data.images[i]))
        require(status::failure("%s: expected finite numbers, found %f in image %zu", where, static_cast<double>(data.images[i]),
                                i / static_cast<std::size_t>(s.size())));
}

template <class T>
void check_labels(const untyped_network& net, const dataset<T>& data, const char* where) {
  if (data.labels.empty()) require(status::failure("%s: expected labels, found none", where));
  if (data.labels.size() != static_cast<std::size_t>(data.size()))
    require(status::failure("%s: expected as many labels as images, found %zu labels and %d images", where, data.labels.size(), data.size()));
  for (std::size_t i = 0; i < data.labels.size(); ++i)
    if (data.labels[i] < 0 || data.labels[i] >= net.outputs())
      require(status::failure("%s: expected labels from 0 to %d (the model's outputs), found %d at image %zu", where, net.outputs() - 1,
                              data.labels[i], i));
}

template <class Model, class T>
constexpr void check_type() {
  static_assert(sizeof(T) == 1 || !flat<Model>::takes_pixels, "minnow: a model that begins with pixels takes images of bytes");
}

/// How many of the images [first, last) are recognised.
template <class T>
int recognised(untyped_network& net, const dataset<T>& data, float alpha, bool requantize, int first, int last) {
  constexpr int batch = 128;
  const auto classes = static_cast<std::size_t>(net.outputs());
  int right = 0;
  for (; first < last; first += batch) {
    const int images = std::min(batch, last - first);
    net.take(data, first, images);
    const auto z = net.forward({.mode = mode::evaluate, .alpha = alpha, .requantize = requantize});
    for (int n = 0; n < images; ++n)
      right += argmax(z.subspan(static_cast<std::size_t>(n) * classes, classes)) == data.labels[static_cast<std::size_t>(first + n)];
  }
  return right;
}

/// requantize  false: on the codes that the weights have, which may be older than the weights
template <class T>
std::vector<float> logits(untyped_network& net, const dataset<T>& data, float alpha, bool requantize = true) {
  check_data(net, data, "logits");
  constexpr int batch = 128;
  std::vector<float> result;
  result.reserve(static_cast<std::size_t>(data.size()) * static_cast<std::size_t>(net.outputs()));
  for (int first = 0; first < data.size(); first += batch) {
    net.take(data, first, std::min(batch, data.size() - first));
    const auto z = net.forward({.mode = mode::evaluate, .alpha = alpha, .requantize = requantize});
    result.insert(result.end(), z.begin(), z.end());
  }
  return result;
}

template <class T>
std::vector<int> predict(untyped_network& net, const dataset<T>& data, float alpha, bool requantize = true) {
  const auto z = logits(net, data, alpha, requantize);
  const auto classes = static_cast<std::size_t>(net.outputs());
  std::vector<int> result(z.size() / classes);
  for (std::size_t n = 0; n < result.size(); ++n) result[n] = argmax(std::span(z).subspan(n * classes, classes));
  return result;
}

template <class T>
double accuracy(untyped_network& net, const dataset<T>& data, float alpha, bool requantize = true) {
  check_labels(net, data, "accuracy");
  return minnow::accuracy(predict(net, data, alpha, requantize), data.labels);
}

}  // namespace detail

/// Logits (N,classes) of all images at evaluation. alpha = 1 is the quantized network, the one that is shipped.
///
/// throws  where images are missing, of another shape, or hold a NaN
template <class Model, class W, class I, class T>
[[nodiscard]] std::vector<float> logits(network<Model, W, I>& net, const dataset<T>& data, float alpha = 1) {
  detail::check_type<Model, T>();
  return detail::logits(net, data, alpha);
}

/// The most probable class of each image.
template <class Model, class W, class I, class T>
[[nodiscard]] std::vector<int> predict(network<Model, W, I>& net, const dataset<T>& data, float alpha = 1) {
  detail::check_type<Model, T>();
  return detail::predict(net, data, alpha);
}

/// The part of images that are recognised.
template <class Model, class W, class I, class T>
[[nodiscard]] double accuracy(network<Model, W, I>& net, const dataset<T>& data, float alpha = 1) {
  detail::check_type<Model, T>();
  return detail::accuracy(net, data, alpha);
}

}  // namespace minnow
