#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>

namespace minnow {

namespace detail {

/// An array type of another library, such as xtensor.
template <class Array>
concept array = requires(const Array& a) {
  { a.dimension() } -> std::convertible_to<std::size_t>;
  a.shape();
  a.begin();
  a.end();
};

template <class Array>
using array_value = std::remove_cvref_t<decltype(*std::declval<const Array&>().begin())>;

/// Converts the numbers of an array to another type. Numbers that become integers must be whole and in range. Floats
/// are rounded to the type `To`, which must be able to hold them.
///
/// throws  for a number that `To` cannot hold; `what` names the numbers in the message
template <class To, class Array>
std::vector<To> numbers_of_array(const Array& from, const char* what) {
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(*from.begin())>, To>)
    return std::vector<To>(from.begin(), from.end());
  std::vector<To> result;
  for (const auto& number : from) {
    const auto taken = static_cast<double>(number);
    if constexpr (std::is_integral_v<To>)
      if (!(taken >= static_cast<double>(std::numeric_limits<To>::min()) &&
            taken <= static_cast<double>(std::numeric_limits<To>::max()) && std::trunc(taken) == taken))
        require(status::failure("dataset: expected %s from %lld to %lld, found %g at index %zu", what,
                                static_cast<long long>(std::numeric_limits<To>::min()),
                                static_cast<long long>(std::numeric_limits<To>::max()), taken, result.size()));
    const auto held = static_cast<To>(number);
    if constexpr (std::is_floating_point_v<To>)
      if (std::isinf(held) && !std::isinf(taken))
        require(status::failure("dataset: expected %s that a 32-bit float holds, found %g at index %zu", what, taken,
                                result.size()));
    result.push_back(held);
  }
  return result;
}

}  // namespace detail

/// Images with their labels. Bytes are not converted to floats: 60,000 MNIST images take 47 MB.
///
/// dimensions   of one image, each at least 1; at most 2^31-1 numbers
/// images       (N,H,W,C), channels last, one after another; at most 2^31-1 images
/// labels       N numbers, 0 … classes-1; empty if there are none
///
/// Members may be filled one by one: every function that takes a data set calls `check`.
template <class Element>
struct dataset {
  static_assert(std::is_same_v<Element, std::uint8_t> || std::is_same_v<Element, float>,
                "minnow: images are bytes or 32-bit floats");
  shape dimensions;
  std::vector<Element> images;
  std::vector<int> labels;

  dataset() = default;

  /// Makes a data set from vectors.
  ///
  /// throws  if `check` fails, or for a label below 0
  dataset(shape s, std::vector<Element> image_values, std::vector<int> label_values)
      : dimensions(s), images(std::move(image_values)), labels(std::move(label_values)) {
    check_new();
  }

  /// Makes a data set from arrays: images (N,H,W,C), (N,H,W) or (N,features); labels (N).
  ///
  /// throws  for arrays with any other number of dimensions, for numbers that a byte or a label cannot hold, if `check`
  ///         fails, or for a label below 0
  template <detail::array Images, class Labels>
  dataset(const Images& image_array, const Labels& label_array)
      : images(detail::numbers_of_array<Element>(image_array, "numbers")),
        labels(detail::numbers_of_array<int>(label_array, "labels")) {
    const auto& s = image_array.shape();
    const std::size_t rank = image_array.dimension();
    // An extent that no int can hold becomes 0, which `check` refuses.
    const auto at = [&](std::size_t i) { return std::in_range<int>(s[i]) ? static_cast<int>(s[i]) : 0; };
    if (rank == 4) dimensions = {at(1), at(2), at(3)};
    else if (rank == 3) dimensions = {at(1), at(2), 1};
    else if (rank == 2) dimensions = {1, 1, at(1)};
    else
      require(status::failure(
          "dataset: expected images of rank 4 (N,H,W,C), 3 (N,H,W) or 2 (N,features), found rank %zu", rank));
    if constexpr (detail::array<Labels>)
      if (label_array.dimension() != 1)
        require(
            status::failure("dataset: expected labels of rank 1 (N), found rank %zu", index(label_array.dimension())));
    check_new();
  }

  /// Returns the number of whole images; 0 if the dimensions are invalid.
  [[nodiscard]] int size() const noexcept {
    return dimensions.is_sound() ? static_cast<int>(images.size() / index(dimensions.size())) : 0;
  }

  /// Returns image i of 0 … size-1: (H,W,C).
  ///
  /// throws  for any other i
  [[nodiscard]] std::span<const Element> image(int i) const;

  /// Returns the images [first, last) as a new data set, which is empty if first = last.
  ///
  /// throws  unless 0 <= first <= last <= size, or if `check` fails
  [[nodiscard]] dataset part(int first, int last) const;

  /// Checks that the members fit together: whole images, and one label for each image or none at all.
  ///
  /// who   name of the caller, with which the error message begins
  [[nodiscard]] status check(const char* who = "dataset") const noexcept;

private:
  void check_new() const;
};

template <detail::array Images, class Labels>
dataset(const Images&, const Labels&) -> dataset<detail::array_value<Images>>;
template <class Element>
dataset(shape, std::vector<Element>, std::vector<int>) -> dataset<Element>;

namespace detail {

/// Checks that a model can take the images. Every function that runs a network over a data set calls it.
///
/// input   the model's input shape
template <class Element>
[[nodiscard]] status check_images(const dataset<Element>& data, shape input, const char* who) noexcept;

/// Checks that every image has a label, and that all labels are classes of the model.
///
/// classes   number of the model's outputs
template <class Element>
[[nodiscard]] status check_labels(const dataset<Element>& data, int classes, const char* who) noexcept;

}  // namespace detail

/// A training set and a test set, as the readers return them.
template <class Element>
struct train_and_test {
  dataset<Element> train;
  dataset<Element> test;
};

#if defined(MINNOW_COMPILED)
extern template struct dataset<std::uint8_t>;
extern template struct dataset<float>;

namespace detail {

extern template status check_images(const dataset<std::uint8_t>&, shape, const char*) noexcept;
extern template status check_images(const dataset<float>&, shape, const char*) noexcept;
extern template status check_labels(const dataset<std::uint8_t>&, int, const char*) noexcept;
extern template status check_labels(const dataset<float>&, int, const char*) noexcept;

}  // namespace detail
#endif

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/data/impl/dataset.ipp>
#endif
