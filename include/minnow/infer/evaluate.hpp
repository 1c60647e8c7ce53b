#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <minnow/core/classify.hpp>
#include <minnow/core/dataset.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/infer/session.hpp>

namespace minnow {

/// Logits (N,classes) of all images, on several threads where the program has them: the same numbers for any count.
///
/// throws  where images are of another shape
template <class Model, class Arch, class T>
[[nodiscard]] std::vector<float> logits(const packed<Model, Arch>& network, const dataset<T>& data) {
  constexpr shape s = flat<Model>::input;
  if (data.dimensions != s)
    require(status::failure("logits: expected images of %dx%dx%d (height, width, channels: the model's input), found %dx%dx%d", s.height,
                            s.width, s.channels, data.dimensions.height, data.dimensions.width, data.dimensions.channels));
  std::vector<float> result(static_cast<std::size_t>(data.size()) * static_cast<std::size_t>(packed<Model, Arch>::classes));
  session<packed<Model, Arch>>(network, threads()).run(std::span<const T>(data.images), std::span<float>(result));
  return result;
}

/// The most probable class of each image.
template <class Model, class Arch, class T>
[[nodiscard]] std::vector<int> predict(const packed<Model, Arch>& network, const dataset<T>& data) {
  const auto z = logits(network, data);
  constexpr auto classes = static_cast<std::size_t>(packed<Model, Arch>::classes);
  std::vector<int> result(z.size() / classes);
  for (std::size_t n = 0; n < result.size(); ++n) result[n] = argmax(std::span(z).subspan(n * classes, classes));
  return result;
}

/// The part of images that are recognised.
///
/// throws  where images are of another shape, or there are no labels
template <class Model, class Arch, class T>
[[nodiscard]] double accuracy(const packed<Model, Arch>& network, const dataset<T>& data) {
  if (data.labels.empty()) require(status::failure("accuracy: expected labels, found none"));
  return minnow::accuracy(predict(network, data), data.labels);
}

}  // namespace minnow
