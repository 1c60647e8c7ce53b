#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <minnow/core/table.hpp>
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

inline std::string print_lines(network_base& net, std::span<const network_line> lines, std::string_view weights,
                               std::string_view inputs) {
  table t(3);
  t.add({"layer", "output", "operation", "parameters", "MACs"});
  long long total = 0;
  long long macs = 0;
  for (const network_line& l : lines) {
    long long parameters = 0;
    net.parameters([&](std::string_view path, const parameter& p) {
      parameters += path == l.path ? static_cast<long long>(p.value.size()) : 0;
    });
    total += parameters;
    macs += l.macs;
    t.add({layer_text(l.path, l.name), extent_text(l.out.height, l.out.width, l.out.channels), std::string(l.operation),
           parameters > 0 ? with_commas(parameters) : "", l.macs > 0 ? with_commas(l.macs) : ""});
  }
  t.add({"sum", "", "", with_commas(total), with_commas(macs)});
  return t.print() + "gradients pass quantized weights by " + std::string(weights) + ", quantized inputs by " +
         std::string(inputs) + "\n";
}

}  // namespace detail

/// Returns a trainable network as a table. Each layer has its output, the operation it will have when packed (bits of
/// inputs x weights), its number of trained parameters and its multiply-accumulates. The estimators follow.
template <class Model, class Weights, class Inputs>
[[nodiscard]] std::string summary(network<Model, Weights, Inputs>& net) {
  return detail::print_lines(net, detail::network_lines<layer_graph<Model>>, text(Weights::name()).view(),
                             text(Inputs::name()).view());
}

}  // namespace minnow
