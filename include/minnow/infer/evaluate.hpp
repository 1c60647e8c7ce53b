#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <minnow/core/classify.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/infer/session.hpp>

namespace minnow {

namespace detail {

/// Logits of images that were looked at.
template <class Packed, class Element>
std::vector<float> logits(const Packed& network, const dataset<Element>& data, const char* who) {
  require(check_images(data, Packed::flat::input, who));
  std::vector<float> result(static_cast<std::size_t>(data.size()) * static_cast<std::size_t>(Packed::classes));
  session<Packed>(network, threads()).run(data.images, result);
  return result;
}

template <class Packed, class Element>
std::vector<int> predict(const Packed& network, const dataset<Element>& data, const char* who) {
  const auto z = logits(network, data, who);
  constexpr auto classes = static_cast<std::size_t>(Packed::classes);
  std::vector<int> result(z.size() / classes);
  for (std::size_t n = 0; n < result.size(); ++n) result[n] = argmax(std::span(z).subspan(n * classes, classes));
  return result;
}

}  // namespace detail

/// Logits (N,classes) of all images, on several threads where the program has them: the same numbers for any count.
///
/// throws  as for a trained network: where images are missing, of another shape, or hold a NaN or an infinity
template <class Model, class Arch, class Element>
[[nodiscard]] std::vector<float> logits(const packed<Model, Arch>& network, const dataset<Element>& data) {
  return detail::logits(network, data, "logits");
}

/// The most probable class of each image.
///
/// throws  as logits
template <class Model, class Arch, class Element>
[[nodiscard]] std::vector<int> predict(const packed<Model, Arch>& network, const dataset<Element>& data) {
  return detail::predict(network, data, "predict");
}

/// The part of images that are recognised.
///
/// throws  as logits; where there is not one label from 0 to classes - 1 for each image
template <class Model, class Arch, class Element>
[[nodiscard]] double accuracy(const packed<Model, Arch>& network, const dataset<Element>& data) {
  require(detail::check_labels(data, packed<Model, Arch>::classes, "accuracy"));
  return minnow::accuracy(detail::predict(network, data, "accuracy"), data.labels);
}

}  // namespace minnow
