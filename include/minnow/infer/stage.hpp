#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/ends/fixed_average.hpp>
#include <minnow/infer/ends/fixed_point.hpp>
#include <minnow/infer/ends/floats.hpp>
#include <minnow/infer/ends/requantize.hpp>
#include <minnow/infer/ends/thresholds.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/infer/stored_weights.hpp>
#include <minnow/kernels/product.hpp>

namespace minnow {

/// One stage of a packed network (see infer/stage_plan.hpp): the packed weights of its product and the constants of its
/// epilogue (see infer/ends/end.hpp).
template <class Packed, std::size_t Stage>
struct stage {
  using plan = detail::stage_plan<typename Packed::model, Stage>;
  using product = kernels::product_of<plan::window.groups != 1, detail::operand_of<typename plan::inputs>,
                                      detail::operand_of<typename plan::weights>, typename Packed::arch>;

  /// True if no sum of the product can overflow the kernel's 32-bit integers.
  static constexpr bool fits = [] {
    if constexpr (plan::has_product && requires { product::longest(); })
      return plan::window.inputs() <= product::longest();
    else return true;
  }();
  static_assert(fits, "minnow: a layer has more inputs than 32-bit sums of its codes can hold");

  static constexpr std::size_t weight_bytes = [] {
    if constexpr (plan::has_product)
      return kernels::weight_bytes<plan::inputs::storage, plan::weights::storage, plan::weights::bits>(plan::window);
    else return std::size_t{0};
  }();

  /// The constants and the functions of the stage's epilogue.
  using end_type = detail::end_of<plan>;
  static_assert(detail::stage_end_of<end_type, plan>);

  /// True if the arrays of all layers can be visited while the stage is const.
  static constexpr bool lists_const_sections = []<std::size_t... Index>(std::index_sequence<Index...>) {
    return (detail::lists_const_arrays<inferable<typename plan::template op<Index>>> && ...);
  }(typename plan::indices{});

  detail::stored_weights weights{weight_bytes};
  end_type constants;

  /// Calls visit(name, span of bytes) for every array that a file stores, in the file's order. The model determines
  /// every length. The bytes of a const stage are const.
  template <class Visit>
  void sections(Visit&& visit) {
    sections_of(*this, visit);
  }
  template <class Visit>
  void sections(Visit&& visit) const {
    sections_of(*this, visit);
  }

  /// Calls visit(index of the layer, name, floats) for every array of floats among the constants.
  template <class Visit>
  void floats_of_layers(Visit&& visit) {
    floats_of(constants, visit);
  }
  template <class Visit>
  void floats_of_layers(Visit&& visit) const {
    floats_of(constants, visit);
  }

private:
  template <class Self, class Visit>
  static void sections_of(Self& self, Visit& visit) {
    if constexpr (plan::has_product)
      visit(std::string_view("weights"), std::span(self.weights.data(), self.weights.size()));
    end_type::arrays(self.constants,
                     [&](std::size_t, std::string_view name, auto numbers) { visit(name, detail::bytes_of(numbers)); });
  }
  template <class Constants, class Visit>
  static void floats_of(Constants& constants, Visit& visit) {
    end_type::arrays(constants, [&](std::size_t layer, std::string_view name, auto numbers) {
      if constexpr (std::is_same_v<typename decltype(numbers)::value_type, float>) visit(layer, name, numbers);
    });
  }
};

namespace detail {

/// Returns the zero point of the map that stage `Maker` writes; 0 for the image (Maker = Packed::stages).
template <std::size_t Maker, class Packed>
[[nodiscard]] int zero_of_map([[maybe_unused]] const Packed& network) noexcept {
  if constexpr (Maker == Packed::stages) return 0;
  else return network.template stage<Maker>().constants.zero();
}

}  // namespace detail

}  // namespace minnow
