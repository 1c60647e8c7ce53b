#pragma once

#include <span>
#include <string>
#include <vector>

#include <minnow/core/table.hpp>
#include <minnow/quantize/operation.hpp>
#include <minnow/train/network.hpp>

namespace minnow {

namespace detail {

/// One line of a trainable network's summary.
struct network_line {
  const text* path;
  text name;
  shape out;
  text operation{};
  int input_bits = 0;
  int weight_bits = 0;
  long long macs = 0;
};

template <class Flat, std::size_t I>
network_line line_of() {
  using layer = typename Flat::template layer<I>;
  constexpr text name = short_name(layer::name());
  network_line line{&Flat::paths[I], name, Flat::template out<I>};
  if constexpr (product_layer<layer>) {
    using inputs = typename Flat::template inputs_of<I>;
    constexpr text operation = operation_of<inputs, typename layer::weights>().name();
    line.operation = operation;
    line.input_bits = inputs::bits;
    line.weight_bits = layer::weights::bits;
    line.macs = layer::over(Flat::template in<I>).macs();
  }
  return line;
}

inline std::string print_lines(untyped_network& net, std::span<const network_line> lines, std::string_view weights, std::string_view inputs) {
  table t(5);
  t.add({"layer", "", "output", "bits", "operation", "parameters", "MACs"});
  long long total = 0;
  long long macs = 0;
  for (const network_line& l : lines) {
    long long parameters = 0;
    net.parameters([&](std::string_view path, const parameter& p) { parameters += path == l.path->view() ? static_cast<long long>(p.value.size()) : 0; });
    total += parameters;
    macs += l.macs;
    t.add({std::string(l.path->view()), std::string(l.name.view()), extent_text(l.out.height, l.out.width, l.out.channels),
           l.macs > 0 ? std::to_string(l.input_bits) + "x" + std::to_string(l.weight_bits) : "", std::string(l.operation.view()),
           parameters > 0 ? with_commas(parameters) : "", l.macs > 0 ? with_commas(l.macs) : ""});
  }
  t.add({"sum", "", "", "", "", with_commas(total), with_commas(macs)});
  return t.print() + "gradients pass quantized weights by " + std::string(weights) + ", quantized inputs by " + std::string(inputs) + "\n";
}

}  // namespace detail

/// A trainable network as a table: for each layer its output, bits of inputs x weights, the operation it will have when
/// packed, trained parameters, multiply-accumulates; then the estimators.
template <class Model, class W, class I>
[[nodiscard]] std::string summary(network<Model, W, I>& net) {
  using flat = minnow::flat<Model>;
  std::vector<detail::network_line> lines;
  [&]<std::size_t... N>(std::index_sequence<N...>) { (lines.push_back(detail::line_of<flat, N>()), ...); }(std::make_index_sequence<flat::count>{});
  return detail::print_lines(net, lines, text(W::name()).view(), text(I::name()).view());
}

}  // namespace minnow
