#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/any_visitor.hpp>
#include <minnow/infer/ends/sums.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/infer/stage_run.hpp>
#include <minnow/kernels/sink/sink.hpp>
#include <minnow/quantize/concept.hpp>

/// The interface of a stage's end (its epilogue), which computes the next stage's inputs from the product's sums.
///
/// For each value of `stage_end`, one file in infer/ends specializes `end_of`:
///
///   template <class Plan>
///   struct end_of<Plan, stage_end::NAME>;
///
/// The data members of this struct are the constants of the end, for example thresholds. A default-constructed end has
/// constants of the right sizes. A `stage` stores its end as the member `constants`; pack/ends fills it. `stage_end_of`
/// lists the members that every end has:
///
///   static constexpr const char* layer_word       the summary's word for the layers between product and quantizer
///   static constexpr const char* quantizer_word   the summary's word for the quantizer
///   static constexpr stage_memory memory()        sizes of the buffers that a run needs; the arena places them.
///                                                 `scratch` stays 0, because it belongs to the product
///   static void arrays(auto& self, auto&& visit)  calls visit(index of the layer, name, span of numbers) for every
///                                                 array that a file stores, in the file's order. `self` may be const;
///                                                 then the numbers are const. Every length follows from the model
///   int zero() const                              zero point of the output quantizer, noexcept; 0 if it has none. The
///                                                 stages that read the map subtract it from the bytes
///   void check(auto&& refuse) const               calls refuse(expected, array, found) if no packed network can have
///                                                 these constants. Called when a file is read or written, after
///                                                 infinite and NaN floats were refused
///   template <class Product, class Arch>
///   void run(const stage_run<Plan>&) const        computes one image's product and writes the stage's output. noexcept
///                                                 unless it calls functions of a user's quantizer or layer
///
/// An end with constants that follow from its arrays has one more member:
///
///   void derive()                                 computes these constants. Called after packing and after reading
namespace minnow::detail {

template <class Plan, stage_end End = Plan::ends_in>
struct end_of;

/// Returns the bytes of an array, writable unless its numbers are const.
template <class Number>
[[nodiscard]] auto bytes_of(std::span<Number> numbers) noexcept {
  if constexpr (std::is_const_v<Number>) return std::as_bytes(numbers);
  else return std::as_writable_bytes(numbers);
}

/// The zero point of a quantizer, for ends that do not keep the quantizer's state. Empty if the quantizer has none.
template <class Quantizer>
struct stored_zero {
  static constexpr int zero() noexcept { return 0; }
  template <class Self, class Visit>
  static void visit_zero(Self&, std::size_t, Visit&&) {}
  template <class Refuse>
  void check_zero(Refuse&&) const {}
};
template <affine_quantizer Quantizer>
struct stored_zero<Quantizer> {
  std::int32_t zero_point = 0;

  [[nodiscard]] int zero() const noexcept { return zero_point; }
  template <class Self, class Visit>
  static void visit_zero(Self& self, std::size_t layer, Visit&& visit) {
    visit(layer, std::string_view("zero point"), std::span(&self.zero_point, 1));
  }
  template <class Refuse>
  void check_zero(Refuse&& refuse) const {
    if (!(0 <= zero_point && zero_point <= Quantizer::max_code))
      refuse("a zero point that is a code's byte", "zero point", "another number");
  }
};

/// True if a type has the members of an end. `Product` and `Arch` are placeholders for any types.
template <class End, class Plan, class Product = void, class Arch = void>
concept stage_end_of = std::is_default_constructible_v<End> &&
                       requires(End own, const End constants, const stage_run<Plan>& run, const any_visitor& visit) {
                         { End::layer_word } -> std::convertible_to<const char*>;
                         { End::quantizer_word } -> std::convertible_to<const char*>;
                         { End::memory() } -> std::same_as<stage_memory>;
                         { End::arrays(own, visit) } -> std::same_as<void>;
                         { End::arrays(constants, visit) } -> std::same_as<void>;
                         { constants.zero() } -> std::same_as<int>;
                         { constants.check(visit) } -> std::same_as<void>;
                         { constants.template run<Product, Arch>(run) } -> std::same_as<void>;
                       };

}  // namespace minnow::detail
