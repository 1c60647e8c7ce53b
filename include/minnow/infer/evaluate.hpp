#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <minnow/core/classify.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/infer/session.hpp>

namespace minnow {

namespace detail {

/// Checks all images and returns their logits. The error message begins with `who`.
template <class Packed, class Element>
std::vector<float> logits(const Packed& network, const dataset<Element>& data, const char* who) {
  require(check_images(data, Packed::layer_graph::input, who));
  std::vector<float> result(index(data.size()) * index(Packed::classes));
  session<Packed>(network, threads()).run(data.images, result);
  return result;
}

template <class Packed, class Element>
std::vector<int> predict(const Packed& network, const dataset<Element>& data, const char* who) {
  const auto z = logits(network, data, who);
  constexpr auto classes = index(Packed::classes);
  std::vector<int> result(z.size() / classes);
  for (std::size_t n = 0; n < result.size(); ++n) result[n] = argmax(std::span(z).subspan(n * classes, classes));
  return result;
}

}  // namespace detail

/// Returns the logits (N,classes) of all images. Runs on several threads if the program uses OpenMP; the numbers are
/// the same for any number of threads.
///
/// throws  as for a trained network: if there are no images, if their shape is not the model's input shape, or if an
///         image holds a NaN or an infinity
template <class Model, class Arch, class Element>
[[nodiscard]] std::vector<float> logits(const packed<Model, Arch>& network, const dataset<Element>& data) {
  return detail::logits(network, data, "logits");
}

/// Returns the most probable class of each image.
///
/// throws  as logits
template <class Model, class Arch, class Element>
[[nodiscard]] std::vector<int> predict(const packed<Model, Arch>& network, const dataset<Element>& data) {
  return detail::predict(network, data, "predict");
}

/// Returns the fraction of images that are classified correctly.
///
/// throws  as logits; also if an image has no label from 0 to classes - 1
template <class Model, class Arch, class Element>
[[nodiscard]] double accuracy(const packed<Model, Arch>& network, const dataset<Element>& data) {
  require(detail::check_labels(data, packed<Model, Arch>::classes, "accuracy"));
  return minnow::accuracy(detail::predict(network, data, "accuracy"), data.labels);
}

}  // namespace minnow
