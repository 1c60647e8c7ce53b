#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/shape.hpp>

namespace minnow {

namespace detail {

/// An array of another library: xtensor's and its kin's.
template <class A>
concept array = requires(const A& a) {
  { a.dimension() } -> std::convertible_to<std::size_t>;
  a.shape();
  a.begin();
  a.end();
};

template <class A>
using array_value = std::remove_cvref_t<decltype(*std::declval<const A&>().begin())>;

}  // namespace detail

/// Images with their labels. Bytes stay bytes: 60,000 MNIST images take 47 MB.
///
/// images   (N,H,W,C), channels last, one after another
/// labels   N numbers, 0 … classes-1; empty where there are none
template <class T>
struct dataset {
  static_assert(std::is_same_v<T, std::uint8_t> || std::is_same_v<T, float>, "minnow: images are bytes or 32-bit floats");
  shape dimensions;
  std::vector<T> images;
  std::vector<int> labels;

  dataset() = default;

  /// From vectors; throws where their sizes do not match.
  dataset(shape s, std::vector<T> image_values, std::vector<int> label_values)
      : dimensions(s), images(std::move(image_values)), labels(std::move(label_values)) {
    check();
  }

  /// From arrays: images (N,H,W,C), (N,H,W) or (N,features); labels (N).
  template <detail::array Images, class Labels>
  dataset(const Images& image_array, const Labels& label_array)
      : images(image_array.begin(), image_array.end()), labels(label_array.begin(), label_array.end()) {
    const auto& s = image_array.shape();
    const std::size_t rank = image_array.dimension();
    const auto at = [&](std::size_t i) { return static_cast<int>(s[i]); };
    if (rank == 4) dimensions = {at(1), at(2), at(3)};
    else if (rank == 3) dimensions = {at(1), at(2), 1};
    else if (rank == 2) dimensions = {1, 1, at(1)};
    else require(status::failure("dataset: expected images of rank 4 (N,H,W,C), 3 (N,H,W) or 2 (N,features), found rank %zu", rank));
    check();
  }

  [[nodiscard]] int size() const noexcept {
    return dimensions.size() == 0 ? 0 : static_cast<int>(images.size() / static_cast<std::size_t>(dimensions.size()));
  }
  [[nodiscard]] std::span<const T> image(int i) const noexcept {
    const auto n = static_cast<std::size_t>(dimensions.size());
    return std::span<const T>(images).subspan(static_cast<std::size_t>(i) * n, n);
  }

  /// The images [first, last) as a data set of their own.
  [[nodiscard]] dataset part(int first, int last) const {
    const auto n = static_cast<std::ptrdiff_t>(dimensions.size());
    dataset result;
    result.dimensions = dimensions;
    result.images.assign(images.begin() + first * n, images.begin() + last * n);
    if (!labels.empty()) result.labels.assign(labels.begin() + first, labels.begin() + last);
    return result;
  }

private:
  void check() const {
    if (dimensions.size() <= 0 || images.size() % static_cast<std::size_t>(dimensions.size()) != 0)
      require(status::failure("dataset: expected a multiple of %dx%dx%d values (height, width, channels), found %zu",
                              dimensions.height, dimensions.width, dimensions.channels, images.size()));
    if (!labels.empty() && static_cast<int>(labels.size()) != size())
      require(status::failure("dataset: expected as many labels as images, found %zu labels and %d images", labels.size(), size()));
  }
};

template <detail::array Images, class Labels>
dataset(const Images&, const Labels&) -> dataset<detail::array_value<Images>>;
template <class T>
dataset(shape, std::vector<T>, std::vector<int>) -> dataset<T>;

/// A training set and a test set, as the readers return them.
template <class T>
struct train_and_test {
  dataset<T> train;
  dataset<T> test;
};

}  // namespace minnow
