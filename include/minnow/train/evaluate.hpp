#pragma once

#include <vector>

#include <minnow/core/classify.hpp>
#include <minnow/core/index.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/train/network.hpp>

namespace minnow {

namespace detail {

/// Refuses images that the network cannot take.
template <class Element>
void check_data(const network_base& net, const dataset<Element>& data, const char* who) {
  require(check_images(data, net.input(), who));
}
template <class Element>
void check_labels(const network_base& net, const dataset<Element>& data, const char* who) {
  require(check_labels(data, net.outputs(), who));
}

template <class Model, class Element>
constexpr void check_type() {
  static_assert(sizeof(Element) == 1 || !layer_graph<Model>::takes_pixels,
                "minnow: a model that begins with pixels takes images of bytes");
}

/// Number of images in [first, last) that are classified correctly.
template <class Element>
int count_correct(network_base& net, const dataset<Element>& data, float alpha, bool requantize, int first, int last) {
  constexpr int batch = 128;
  const auto classes = index(net.outputs());
  int right = 0;
  for (; first < last; first += batch) {
    const int images = std::min(batch, last - first);
    net.take(data, first, images);
    const auto z = net.forward({.mode = mode::evaluate, .alpha = alpha, .requantize = requantize});
    for (int n = 0; n < images; ++n)
      right += argmax(z.subspan(index(n) * classes, classes)) == data.labels[index(first + n)];
  }
  return right;
}

/// Logits (N,classes) of all images.
///
/// requantize  false: uses the existing codes of the weights, which may be older than the weights
template <class Element>
std::vector<float> logits(network_base& net, const dataset<Element>& data, float alpha, bool requantize = true) {
  check_data(net, data, "logits");
  constexpr int batch = 128;
  std::vector<float> result;
  result.reserve(index(data.size()) * index(net.outputs()));
  for (int first = 0; first < data.size(); first += batch) {
    net.take(data, first, std::min(batch, data.size() - first));
    const auto z = net.forward({.mode = mode::evaluate, .alpha = alpha, .requantize = requantize});
    result.insert(result.end(), z.begin(), z.end());
  }
  return result;
}

template <class Element>
std::vector<int> predict(network_base& net, const dataset<Element>& data, float alpha, bool requantize = true) {
  const auto z = logits(net, data, alpha, requantize);
  const auto classes = index(net.outputs());
  std::vector<int> result(z.size() / classes);
  for (std::size_t n = 0; n < result.size(); ++n) result[n] = argmax(std::span(z).subspan(n * classes, classes));
  return result;
}

template <class Element>
double accuracy(network_base& net, const dataset<Element>& data, float alpha, bool requantize = true) {
  check_labels(net, data, "accuracy");
  return minnow::accuracy(predict(net, data, alpha, requantize), data.labels);
}

}  // namespace detail

/// Returns the logits (N,classes) of all images in evaluation mode. alpha = 1 is the quantized network, as shipped.
///
/// alpha   from 0 to 1
/// throws  alpha out of range; images that are missing, have another shape, or hold a NaN or an infinity
template <class Model, class Weights, class Inputs, class Element>
[[nodiscard]] std::vector<float> logits(network<Model, Weights, Inputs>& net, const dataset<Element>& data,
                                        float alpha = 1) {
  detail::check_type<Model, Element>();
  return detail::logits(net, data, alpha);
}

/// Returns the most probable class of each image.
///
/// throws  as logits
template <class Model, class Weights, class Inputs, class Element>
[[nodiscard]] std::vector<int> predict(network<Model, Weights, Inputs>& net, const dataset<Element>& data,
                                       float alpha = 1) {
  detail::check_type<Model, Element>();
  return detail::predict(net, data, alpha);
}

/// Returns the fraction of images that are classified correctly.
///
/// throws  as logits; unless there is one label from 0 to classes - 1 for each image
template <class Model, class Weights, class Inputs, class Element>
[[nodiscard]] double accuracy(network<Model, Weights, Inputs>& net, const dataset<Element>& data, float alpha = 1) {
  detail::check_type<Model, Element>();
  return detail::accuracy(net, data, alpha);
}

}  // namespace minnow
