// Measures the MAC per cycle of every product on every architecture. Compares each architecture with the next lower
// one, and the best one with its limit, the speed of its arithmetic instructions on this processor (limits.hpp).
//
// usage: bench_kernels [PAIR ...]     inputs x weights, of 1 2 3 i4 i8 u4 u8 p8 16 32: 1x2, i8xi4; all without
// arguments
//
// A pair whose kernel is the same on several architectures is measured once, on the lowest of them.

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "calls.hpp"
#include "limits.hpp"
#include "measure.hpp"
#include "shapes.hpp"

namespace {

using minnow::encoding;
namespace kernels = minnow::kernels;

constexpr const char* name_of(encoding e) {
  constexpr const char* names[] = {"1", "2", "3", "i4", "i8", "p8", "16", "32", "u4", "u8"};
  return names[static_cast<int>(e)];
}

/// Prints the fraction of the limit (bench/limits.hpp) that the best architecture reaches for each shape, and then the
/// minimum over the shapes.
class parts {
public:
  parts(std::string name, double limit) : name_(std::move(name)), limit_(limit) {}

  void add(const std::string& shape, double reached) {
    if (limit_ == 0) return;
    bench::figure(name_ + "_of_limit_" + shape, reached / limit_, "part");
    least_ = least_ == 0 ? reached / limit_ : std::min(least_, reached / limit_);
  }
  ~parts() {
    if (least_ > 0) bench::figure(name_ + "_of_limit", least_, "part");
  }

private:
  std::string name_;
  double limit_;
  double least_ = 0;
};

template <encoding In, encoding Weights>
struct archs_of_pair {
  std::vector<std::string> names;
  std::vector<bench::call> calls;

  explicit archs_of_pair(const bench::shared_operands<In, Weights>& data) {
    kernels::available_archs::for_each([&]<class Arch>(Arch) {
      const std::string arch = bench::arch_of<In, Weights, Arch>(data->shape());
      if (!names.empty() && names.back() == arch) return;
      names.push_back(arch);
      calls.push_back(bench::make_sums<In, Weights, Arch>(data));
    });
  }
};

/// Prints one line per architecture, with its speedup over the next lower one.
void print(const std::string& name, double macs, const std::vector<std::string>& archs,
           const std::vector<bench::timing>& taken) {
  for (std::size_t i = 0; i < archs.size(); ++i) {
    bench::figure(name + "_" + archs[i], macs / taken[i].cycles, "MAC/cycle");
    if (i > 0)
      bench::figure(name + "_" + archs[i] + "_over_arch_below", taken[i - 1].cycles / taken[i].cycles, "times");
  }
}

template <encoding In, encoding Weights>
void measure(const std::vector<std::string_view>& wanted) {
  const std::string pair = std::string(name_of(In)) + "x" + name_of(Weights);
  if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), pair) == wanted.end()) return;

  // Measures calls that write sums to memory and, for 1 and 2 bits, also a call that writes the next layer's codes.
  constexpr auto is_low = [](encoding e) { return e == encoding::bit || e == encoding::ternary; };
  constexpr bool has_codes = is_low(In) && is_low(Weights);
  const double limit = bench::limit<In, Weights>();
  if (limit > 0) bench::figure("limit_" + pair, limit, "MAC/cycle");
  parts reached("conv_" + pair, limit);
  parts reached_sums("conv_" + pair + "_sums", has_codes ? limit : 0);
  for (const auto& shape : In == encoding::pixel ? std::vector{bench::first_layer()} : bench::convolutions()) {
    const std::string name = "conv_" + pair + "_" + shape.name;
    const double macs = bench::macs_inside(shape.g);
    const auto data = bench::make_operands<In, Weights>(shape.g);
    archs_of_pair<In, Weights> archs(data);
    auto calls = archs.calls;
    if constexpr (has_codes) calls.push_back(bench::make_codes<In, Weights>(data));
    const auto taken = bench::alternate(calls, {.seconds = 0.3});
    print(name, macs, archs.names, taken);
    if constexpr (has_codes) bench::figure(name + "_codes_out", macs / taken.back().cycles, "MAC/cycle");
    reached.add(shape.name, macs / taken.back().cycles);
    reached_sums.add(shape.name, macs / taken[archs.calls.size() - 1].cycles);
  }

  if constexpr (In != encoding::pixel) {
    const auto shape = bench::one_row();
    const auto data = bench::make_operands<In, Weights>(shape.g);
    archs_of_pair<In, Weights> archs(data);
    const auto taken = bench::alternate(archs.calls, {.seconds = 0.2});
    print("gemv_" + pair, bench::macs_inside(shape.g), archs.names, taken);
    bench::figure("gemv_" + pair + "_rate", bench::macs_inside(shape.g) / taken.back().seconds * 1e-9, "GMAC/s");
    if (const double row_limit = bench::row_limit<In, Weights>(); row_limit > 0) {
      bench::figure("limit_gemv_" + pair, row_limit, "MAC/cycle");
      bench::figure("gemv_" + pair + "_of_limit", bench::macs_inside(shape.g) / taken.back().cycles / row_limit,
                    "part");
    }
  }
}

template <encoding In, encoding... Weights>
void with_weights(const std::vector<std::string_view>& wanted) {
  (measure<In, Weights>(wanted), ...);
}

template <encoding... In>
void with_inputs(const std::vector<std::string_view>& wanted) {
  using enum encoding;
  (with_weights<In, bit, ternary, power_of_two, nibble, byte, half, real>(wanted), ...);
}

}  // namespace

int main(int argc, char** argv) {
  using enum encoding;
  with_inputs<bit, ternary, power_of_two, nibble, byte, unsigned_nibble, unsigned_byte, pixel, half, real>(
      {argv + 1, argv + argc});
}
