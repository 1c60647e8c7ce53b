// Measures the product of 1-bit inputs and 1-bit weights with the best kernel that the compiler's flags allow. Built
// with -march=haswell, it measures the AVX2 kernel.

#include <string>

#include "calls.hpp"
#include "measure.hpp"
#include "shapes.hpp"

int main() {
  using minnow::encoding;
  for (const auto& shape : bench::convolutions()) {
    const auto data = bench::make_operands<encoding::bit, encoding::bit>(shape.g);
    const auto taken = bench::alternate({bench::make_codes<encoding::bit, encoding::bit>(data)});
    const std::string arch = bench::arch_of<encoding::bit, encoding::bit, minnow::kernels::best>(shape.g);
    bench::figure("conv_1x1_" + arch + "_mac_per_cycle_" + shape.name,
                  bench::macs_inside(shape.g) / taken.front().cycles, "MAC/cycle");
  }
}
