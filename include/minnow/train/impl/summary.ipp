#pragma once

#include <minnow/train/summary.hpp>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/table.hpp>

namespace minnow::detail {

MINNOW_COLD std::string print_lines(network_base& net, std::span<const network_line> lines, std::string_view weights,
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

}  // namespace minnow::detail
