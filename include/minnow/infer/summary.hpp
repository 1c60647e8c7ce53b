#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <minnow/core/table.hpp>
#include <minnow/infer/session.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/quantize/operation.hpp>

namespace minnow {

namespace detail {

/// One line of a packed network's summary.
struct packed_line {
  const text* path;
  text name;
  shape out;
  text operation{};             ///< of a product
  int input_bits = 0;           ///< of a product; of a quantize layer, its bits
  int weight_bits = 0;
  const char* kernel = "";
  const char* arch = "";
  long long bytes = 0;
  long long macs = 0;
};

/// What to say about a program whose flags allow `Best`: nothing, unless it is x86 without AVX2, which the processor
/// most likely has.
template <class Best>
std::string advice() {
  constexpr bool x86 = std::is_base_of_v<xsimd::sse2, Best> || std::is_base_of_v<xsimd::avx, Best>;
  if constexpr (!x86 || std::is_base_of_v<xsimd::avx2, Best>) return {};
  else return std::string("built for ") + Best::name() + ": -march=native, or minnow_dispatch in CMake, gives faster kernels\n";
}

/// advice   the last line, or nothing
inline std::string print_lines(std::span<const packed_line> lines, const char* arch, std::size_t weight_bits, std::size_t arena,
                               const std::string& advice) {
  table t(6);
  t.add({"layer", "", "output", "operation", "bits", "kernel", "bytes", "MACs"});
  long long bytes = 0;
  long long macs = 0;
  for (const packed_line& l : lines) {
    const bool product = l.macs > 0;
    bytes += l.bytes;
    macs += l.macs;
    t.add({std::string(l.path->view()), std::string(l.name.view()), extent_text(l.out.height, l.out.width, l.out.channels),
           std::string(l.operation.view()),
           product ? std::to_string(l.input_bits) + "x" + std::to_string(l.weight_bits) : l.input_bits > 0 ? std::to_string(l.input_bits) : "",
           product ? std::string(l.kernel) + " " + l.arch : l.kernel, product ? with_commas(l.bytes) : "", product ? with_commas(l.macs) : ""});
  }
  t.add({"sum", "", "", "", "", std::string("for ") + arch, with_commas(bytes), with_commas(macs)});
  return t.print() + "weights " + with_commas(static_cast<long long>(weight_bits)) + " bits, a session's arena " +
         with_commas(static_cast<long long>(arena)) + " bytes\n" + advice;
}

/// Appends the lines of stage S.
template <class Packed, std::size_t S>
void add_lines(std::vector<packed_line>& lines) {
  using st = stage<Packed, S>;
  using plan = typename st::plan;
  using flat = typename Packed::flat;
  const auto line = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) -> packed_line& {
    constexpr text name = short_name(flat::template layer<I>::name());
    return lines.emplace_back(packed_line{&flat::paths[I], name, flat::template out<I>});
  };
  const char* between = plan::folds ? "in thresholds" : "32-bit float";
  if constexpr (plan::has_product) {
    packed_line& l = line(std::integral_constant<std::size_t, plan::begin>{});
    constexpr text operation = operation_of<typename plan::inputs, typename plan::weights>().name();
    l.operation = operation;
    l.input_bits = plan::inputs::bits;
    l.weight_bits = plan::weights::bits;
    l.kernel = st::product::name(plan::window);
    l.arch = st::product::arch_name(plan::window);
    l.bytes = static_cast<long long>(st::weight_bytes);
    l.macs = plan::window.macs();
  }
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((line(std::integral_constant<std::size_t, plan::ops_begin + I>{}).kernel = between), ...);
  }(typename plan::indices{});
  if constexpr (plan::has_quantizer) {
    packed_line& l = line(std::integral_constant<std::size_t, plan::end - 1>{});
    l.input_bits = plan::outputs::bits;
    l.kernel = plan::folds ? "thresholds" : "32-bit float";
  }
}

template <class Model, class Arch>
std::string summary_text(const packed<Model, Arch>&, const std::string& advice) {
  using packed_type = packed<Model, Arch>;
  std::vector<packed_line> lines;
  if constexpr (flat<Model>::takes_pixels)
    lines.push_back({.path = &flat<Model>::paths[0], .name = quantize<pixels>::name(), .out = flat<Model>::input, .input_bits = 8, .kernel = "the image's bytes"});
  [&]<std::size_t... S>(std::index_sequence<S...>) { (add_lines<packed_type, S>(lines), ...); }(std::make_index_sequence<packed_type::stages>{});
  return print_lines(lines, kernels::arch_name<Arch>(), packed_type::weight_bits(), session<packed_type>::arena_bytes(), advice);
}

}  // namespace detail

/// A packed network as a table: for each layer its output, operation and precision, bits of inputs x weights, the kernel
/// and its architecture, bytes of weights, multiply-accumulates. Layers that are folded into thresholds say so. The last
/// line says so where the compiler's flags leave out what most processors have.
template <class Model, class Arch>
[[nodiscard]] std::string summary(const packed<Model, Arch>& network) {
  // An architecture other than the flags' best was asked for by name.
  return detail::summary_text(network, std::is_same_v<Arch, kernels::best> ? detail::advice<Arch>() : std::string());
}

}  // namespace minnow
