#pragma once

#include <cstdint>
#include <vector>

#include <minnow/core/error.hpp>
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
int count_correct(network_base& net, const dataset<Element>& data, float alpha, bool requantize, int first, int last);

/// Logits (N,classes) of all images.
///
/// requantize  false: uses the existing codes of the weights, which may be older than the weights
template <class Element>
std::vector<float> logits(network_base& net, const dataset<Element>& data, float alpha, bool requantize = true);

template <class Element>
std::vector<int> predict(network_base& net, const dataset<Element>& data, float alpha, bool requantize = true);

template <class Element>
double accuracy(network_base& net, const dataset<Element>& data, float alpha, bool requantize = true);

#if defined(MINNOW_COMPILED)
extern template int count_correct(network_base&, const dataset<std::uint8_t>&, float, bool, int, int);
extern template std::vector<float> logits(network_base&, const dataset<std::uint8_t>&, float, bool);
extern template std::vector<int> predict(network_base&, const dataset<std::uint8_t>&, float, bool);
extern template double accuracy(network_base&, const dataset<std::uint8_t>&, float, bool);
extern template int count_correct(network_base&, const dataset<float>&, float, bool, int, int);
extern template std::vector<float> logits(network_base&, const dataset<float>&, float, bool);
extern template std::vector<int> predict(network_base&, const dataset<float>&, float, bool);
extern template double accuracy(network_base&, const dataset<float>&, float, bool);
#endif

}  // namespace detail

/// Returns the logits (N,classes) of all images in evaluation mode. At alpha = 1 the network is fully quantized, like
/// the packed network.
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
/// throws  as logits; also if an image has no label from 0 to classes - 1
template <class Model, class Weights, class Inputs, class Element>
[[nodiscard]] double accuracy(network<Model, Weights, Inputs>& net, const dataset<Element>& data, float alpha = 1) {
  detail::check_type<Model, Element>();
  return detail::accuracy(net, data, alpha);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/evaluate.ipp>
#endif
