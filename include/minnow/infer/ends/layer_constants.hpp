#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/properties.hpp>

namespace minnow::detail {

/// One layer of a stage, as its `inferable`.
template <class Plan, std::size_t Index>
struct layer_reading {
  static_assert(
      requires { sizeof(inferable<typename Plan::template op<Index>>); },
      "minnow: this layer cannot be packed: specialize minnow::inferable<Layer>, with run(in, out)");
  using layer_graph = typename Plan::layer_graph;
  static constexpr std::size_t layer = Plan::ops_begin + Index;
  inferable<typename Plan::template op<Index>> function = [] {
    using type = inferable<typename Plan::template op<Index>>;
    if constexpr (join_layer<typename Plan::template op<Index>>)
      return type(layer_graph::template in<layer>, layer_graph::template second_in<layer>);
    else return type(layer_graph::template in<layer>);
  }();
};
template <class Plan, class Indices>
struct layer_readings;
template <class Plan, std::size_t... Index>
struct layer_readings<Plan, std::index_sequence<Index...>> : layer_reading<Plan, Index>... {};

/// The layers of a stage as functions of floats, with the scales of the sums and the state of the output quantizer. The
/// epilogues (see end.hpp) that compute with floats store these constants. Packing derives the constants of the other
/// epilogues from them.
template <class Plan>
struct layer_constants : layer_readings<Plan, typename Plan::indices> {
  static constexpr const char* layer_word = "32-bit float";
  static constexpr const char* quantizer_word = "32-bit float";

  /// The scale of each channel's sums; without a product, one number: the scale of the input codes.
  std::vector<float> scales = std::vector<float>(Plan::has_product ? index(Plan::window.out.channels) : 1, 1.0f);
  typename Plan::outputs::state out_state{};

  [[nodiscard]] int zero() const noexcept { return zero_point<typename Plan::outputs>(out_state); }

  /// Calls f(i, layer) for each layer, from the first to the last. i is the layer's index as a std::integral_constant.
  template <class Function>
  void each_op(Function&& f) {
    each_of(*this, f, typename Plan::indices{});
  }
  template <class Function>
  void each_op(Function&& f) const {
    each_of(*this, f, typename Plan::indices{});
  }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    using number = std::conditional_t<std::is_const_v<Self>, const float, float>;
    visit(Plan::begin, std::string_view("scales"), std::span<number>(self.scales));
    self.each_op([&](auto op, auto& reading) {
      visit_arrays(reading,
                   [&](std::string_view name, std::span<number> values) { visit(Plan::ops_begin + op, name, values); });
    });
    if constexpr (state_floats<typename Plan::outputs> > 0)
      visit(Plan::end - 1, std::string_view("state"), state_numbers<typename Plan::outputs>(self.out_state));
  }

  template <class Refuse>
  void check(Refuse&& refuse) const {
    if (!is_sound<typename Plan::outputs>(out_state))
      refuse("a state inside its quantizer's bounds", "state", "another one");
  }

private:
  template <class Self, class Function, std::size_t... Index>
  static void each_of(Self& self, Function& f, std::index_sequence<Index...>) {
    (f(std::integral_constant<std::size_t, Index>{},
       static_cast<
           std::conditional_t<std::is_const_v<Self>, const layer_reading<Plan, Index>&, layer_reading<Plan, Index>&>>(
           self)
           .function),
     ...);
  }
};

}  // namespace minnow::detail
