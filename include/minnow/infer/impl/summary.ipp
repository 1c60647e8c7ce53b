#pragma once

#include <minnow/core/table.hpp>
#include <minnow/infer/summary.hpp>

namespace minnow::detail {

MINNOW_COLD std::string print_lines(std::span<const std::span<const packed_line>> stages, const char* arch,
                                    std::size_t weight_bits, std::size_t arena, const std::string& advice) {
  table t(4);
  t.add({"layer", "output", "operation", "kernel", "bytes", "MACs"});
  long long bytes = 0;
  long long macs = 0;
  for (const auto& lines : stages)
    for (const packed_line& l : lines) {
      const bool product = l.macs > 0;
      bytes += l.bytes;
      macs += l.macs;
      t.add({layer_text(l.path, l.name), extent_text(l.out.height, l.out.width, l.out.channels),
             std::string(l.operation), product ? std::string(l.kernel) + " " + std::string(l.arch) : l.kernel,
             product ? with_commas(l.bytes) : "", product ? with_commas(l.macs) : ""});
    }
  t.add({"sum", "", "", std::string("for ") + arch, with_commas(bytes), with_commas(macs)});
  return t.print() + "weights " + with_commas(static_cast<long long>(weight_bits)) + " bits, a session's arena " +
         with_commas(static_cast<long long>(arena)) + " bytes\n" + advice;
}

}  // namespace minnow::detail
