#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/infer/fixed_point.hpp>
#include <minnow/infer/inferable.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/infer/stored_weights.hpp>
#include <minnow/infer/thresholds.hpp>
#include <minnow/kernels/product.hpp>

namespace minnow {

namespace detail {

template <class Stage, std::size_t Index>
struct op_slot {
  using layer_graph = typename Stage::plan::layer_graph;
  static constexpr std::size_t layer = Stage::plan::ops_begin + Index;
  inferable<typename Stage::plan::template op<Index>> reading = [] {
    using type = inferable<typename Stage::plan::template op<Index>>;
    if constexpr (join_layer<typename Stage::plan::template op<Index>>)
      return type(layer_graph::template in<layer>, layer_graph::template second_in<layer>);
    else return type(layer_graph::template in<layer>);
  }();
};
template <class Stage, class Indices>
struct op_slots;
template <class Stage, std::size_t... Index>
struct op_slots<Stage, std::index_sequence<Index...>> : op_slot<Stage, Index>... {};

/// The constants of a folded stage.
template <class Stage>
struct folded_constants {
  thresholds limits{Stage::plan::window.out.channels,
                    static_cast<int>(codes_of<typename Stage::plan::outputs>().size())};
};
/// The constants of a stage that computes with floats.
template <class Stage>
struct float_constants : op_slots<Stage, typename Stage::plan::indices> {
  /// Factor of each channel's sums; without a product, one number: the value of an input's code 1.
  std::vector<float> scales =
      std::vector<float>(Stage::plan::has_product ? index(Stage::plan::window.out.channels) : 1, 1.0f);
  typename Stage::plan::outputs::state out_state{};
};
template <class Stage>
struct fixed_point_constants : fixed_constants {
  fixed_point_constants() : fixed_constants(Stage::plan::window.out.channels) {}
};
template <class Stage>
using stage_constants = std::conditional_t<Stage::plan::ends_in == stage_end::thresholds, folded_constants<Stage>,
                                           std::conditional_t<Stage::plan::ends_in == stage_end::fixed_point,
                                                              fixed_point_constants<Stage>, float_constants<Stage>>>;

}  // namespace detail

/// One stage of a packed network: packed weights, and thresholds or the readings of its layers.
template <class Packed, std::size_t Stage>
struct stage {
  using plan = detail::stage_plan<typename Packed::model, Stage>;
  using product = kernels::product_of<plan::window.groups != 1, detail::operand_of<typename plan::inputs>,
                                      detail::operand_of<typename plan::weights>, typename Packed::arch>;

  /// Whether the kernel's 32-bit sums hold every result.
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

  detail::stored_weights weights{weight_bytes};
  detail::stage_constants<stage> constants;

  /// Calls visit(name, span of bytes) for every array that a file stores, in order. Every length follows from the
  /// model.
  template <class Visit>
  void sections(Visit&& visit) {
    const auto numbers = [&](std::string_view name, auto& v) { visit(name, std::as_writable_bytes(std::span(v))); };
    if constexpr (plan::has_product)
      visit(std::string_view("weights"), std::span<std::byte>(weights.bytes(), weights.size()));
    if constexpr (plan::ends_in == detail::stage_end::thresholds) {
      numbers("flip", constants.limits.flip);
      numbers("smallest", constants.limits.smallest);
      numbers("thresholds", constants.limits.values);
    } else if constexpr (plan::ends_in == detail::stage_end::fixed_point) {
      constants.arrays(numbers);
    } else {
      floats([&](std::string_view name, std::span<float> values) { visit(name, std::as_writable_bytes(values)); });
    }
  }

  /// Calls visit(name, floats) for every section that consists of floats.
  template <class Visit>
  void floats(Visit&& visit) {
    floats_of_layers([&](std::size_t, std::string_view name, std::span<float> values) { visit(name, values); });
  }

  /// Like `floats`, but calls visit(index of the layer, name, floats).
  template <class Visit>
  void floats_of_layers(Visit&& visit) {
    if constexpr (plan::keeps_layers) {
      visit(plan::begin, std::string_view("scales"), std::span<float>(constants.scales));
      each_op([&](auto op, auto& reading) {
        const auto of_layer = [&](std::string_view name, std::span<float> values) {
          visit(plan::ops_begin + op, name, values);
        };
        if constexpr (requires { reading.arrays(of_layer); }) reading.arrays(of_layer);
      });
      if constexpr (constexpr int count = state_floats<typename plan::outputs>; count > 0)
        visit(plan::end - 1, std::string_view("state"),
              std::span<float>(reinterpret_cast<float*>(&constants.out_state), index(count)));
    }
  }

  /// Calls f(index constant, reading) for each layer that computes with floats.
  template <class Function>
  void each_op(Function&& f) {
    if constexpr (plan::keeps_layers) each_op_of(*this, f, typename plan::indices{});
  }
  template <class Function>
  void each_op(Function&& f) const {
    if constexpr (plan::keeps_layers) each_op_of(*this, f, typename plan::indices{});
  }

private:
  template <class Self, class Function, std::size_t... Index>
  static void each_op_of(Self& self, Function& f, std::index_sequence<Index...>) {
    (f(std::integral_constant<std::size_t, Index>{},
       static_cast<std::conditional_t<std::is_const_v<Self>, const detail::op_slot<stage, Index>&,
                                      detail::op_slot<stage, Index>&>>(self.constants)
           .reading),
     ...);
  }
};

}  // namespace minnow
