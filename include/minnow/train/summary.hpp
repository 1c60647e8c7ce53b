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

template <class Flat, std::size_t I>
constexpr network_line line_of() {
  using layer = typename Flat::template layer<I>;
  network_line line{Flat::paths[I].view(), short_name_of<layer>.view(), Flat::template out<I>};
  if constexpr (product_layer<layer>) {
    using inputs = typename Flat::template inputs_of<I>;
    line.operation = short_operation_name<inputs, typename layer::weights>.view();
    line.macs = layer::over(Flat::template in<I>).macs();
  }
  return line;
}

template <class Flat>
inline constexpr auto network_lines = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<network_line, Flat::count>{line_of<Flat, I>()...};
}(std::make_index_sequence<Flat::count>{});

inline std::string print_lines(untyped_network& net, std::span<const network_line> lines, std::string_view weights, std::string_view inputs) {
  table t(3);
  t.add({"layer", "output", "operation", "parameters", "MACs"});
  long long total = 0;
  long long macs = 0;
  for (const network_line& l : lines) {
    long long parameters = 0;
    net.parameters([&](std::string_view path, const parameter& p) { parameters += path == l.path ? static_cast<long long>(p.value.size()) : 0; });
    total += parameters;
    macs += l.macs;
    t.add({layer_text(l.path, l.name), extent_text(l.out.height, l.out.width, l.out.channels), std::string(l.operation),
           parameters > 0 ? with_commas(parameters) : "", l.macs > 0 ? with_commas(l.macs) : ""});
  }
  t.add({"sum", "", "", with_commas(total), with_commas(macs)});
  return t.print() + "gradients pass quantized weights by " + std::string(weights) + ", quantized inputs by " + std::string(inputs) + "\n";
}

}  // namespace detail

/// A trainable network as a table: for each layer its output, the operation it will have when packed with bits of inputs x
/// weights, trained parameters, multiply-accumulates; then the estimators.
template <class Model, class W, class I>
[[nodiscard]] std::string summary(network<Model, W, I>& net) {
  return detail::print_lines(net, detail::network_lines<flat<Model>>, text(W::name()).view(), text(I::name()).view());
}

}  // namespace minnow
