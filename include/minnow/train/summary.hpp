#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <minnow/core/shape.hpp>
#include <minnow/quantize/operation.hpp>
#include <minnow/train/network.hpp>

namespace minnow {

namespace detail {

/// One line of a trainable network's summary.
struct network_line {
  std::string_view path;
  std::string_view name;
  shape out;
  std::string_view operation{};
  long long macs = 0;
};

template <class Flat, std::size_t Index>
constexpr network_line line_of() {
  using layer = typename Flat::template layer<Index>;
  network_line line{Flat::paths[Index].view(), short_name_of<layer>.view(), Flat::template out<Index>};
  if constexpr (product_layer<layer>) {
    using inputs = typename Flat::template inputs_of<Index>;
    line.operation = short_operation_name<inputs, typename layer::weights>.view();
    line.macs = layer::over(Flat::template in<Index>).macs();
  }
  return line;
}

template <class Flat>
inline constexpr auto network_lines = []<std::size_t... Index>(std::index_sequence<Index...>) {
  return std::array<network_line, Flat::count>{line_of<Flat, Index>()...};
}(std::make_index_sequence<Flat::count>{});

std::string print_lines(network_base& net, std::span<const network_line> lines, std::string_view weights,
                        std::string_view inputs);

}  // namespace detail

/// Returns a trainable network as a table. For each layer it lists the output shape, the operation after packing (bits
/// of inputs x weights), the number of trained parameters and the multiply-accumulates. The last line names the
/// estimators.
template <class Model, class Weights, class Inputs>
[[nodiscard]] std::string summary(network<Model, Weights, Inputs>& net) {
  return detail::print_lines(net, detail::network_lines<layer_graph<Model>>, text(Weights::name()).view(),
                             text(Inputs::name()).view());
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/train/impl/summary.ipp>
#endif
