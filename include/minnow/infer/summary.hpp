#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/infer/session.hpp>
#include <minnow/kernels/arch.hpp>
#include <minnow/quantize/operation.hpp>

namespace minnow {

namespace detail {

/// One line of a packed network's summary.
struct packed_line {
  std::string_view path;
  std::string_view name;
  shape out;
  std::string_view operation{};  ///< empty unless the layer is a product
  const char* kernel = "";
  std::string_view arch{};
  long long bytes = 0;
  long long macs = 0;
};

#if defined(__GNUC__) && !defined(__OPTIMIZE__)
inline constexpr bool is_optimized = false;
#else
inline constexpr bool is_optimized = true;
#endif

/// Returns advice for a program that was built without optimization, or for x86 processors without AVX2, although most
/// x86 processors have AVX2. Otherwise returns an empty text. `Best` is the best architecture that the compiler's flags
/// allow.
template <class Best, bool Optimized = is_optimized>
std::string advice() {
  constexpr bool x86 = std::is_base_of_v<xsimd::sse2, Best> || std::is_base_of_v<xsimd::avx, Best>;
  std::string text;
  if (!Optimized) text = "built without optimization: -O2 makes it many times faster\n";
  if constexpr (x86 && !std::is_base_of_v<xsimd::avx2, Best>)
    text += std::string("built for ") + Best::name() +
            ": -march=native, or minnow_dispatch in CMake, gives faster kernels\n";
  return text;
}

/// Prints the table.
///
/// advice   the last lines; may be empty
std::string print_lines(std::span<const std::span<const packed_line>> stages, const char* arch, std::size_t weight_bits,
                        std::size_t arena, const std::string& advice);

/// Returns the line of layer `Index`, which belongs to stage `Stage`.
template <class Packed, std::size_t Stage, std::size_t Index>
constexpr packed_line line_of() {
  using st = stage<Packed, Stage>;
  using plan = typename st::plan;
  using layer_graph = typename Packed::layer_graph;
  packed_line l{layer_graph::paths[Index].view(), short_name_of<typename layer_graph::template layer<Index>>.view(),
                layer_graph::template out<Index>};
  l.kernel = st::end_type::layer_word;
  if constexpr (plan::has_product && Index == plan::begin) {
    l.operation = short_operation_name<typename plan::inputs, typename plan::weights>.view();
    l.kernel = st::product::name(plan::window);
    // xsimd names some architectures by two extensions, "avx512vnni+avx512vbmi2". The kernel uses the first extension.
    l.arch = st::product::arch_name(plan::window);
    l.arch = l.arch.substr(0, l.arch.find('+'));
    l.bytes = static_cast<long long>(st::weight_bytes);
    l.macs = plan::window.macs();
  } else if constexpr (plan::has_quantizer && Index + 1 == plan::end) {
    l.kernel = st::end_type::quantizer_word;
  }
  return l;
}

template <class Packed, std::size_t Stage>
inline constexpr auto stage_lines = []<std::size_t... Index>(std::index_sequence<Index...>) {
  return std::array{line_of<Packed, Stage, stage<Packed, Stage>::plan::begin + Index>()...};
}(std::make_index_sequence<stage<Packed, Stage>::plan::end - stage<Packed, Stage>::plan::begin>{});

/// Line of the first quantizer of a model that begins with pixels. The image's bytes are already the quantizer's codes.
template <class Model>
inline constexpr packed_line pixels_line{.path = layer_graph<Model>::paths[0].view(),
                                         .name = short_name_of<typename layer_graph<Model>::template layer<0>>.view(),
                                         .out = layer_graph<Model>::input,
                                         .kernel = "the image's bytes"};

template <class Model, class Arch>
std::string summary_text(const packed<Model, Arch>&, const std::string& advice) {
  using packed_type = packed<Model, Arch>;
  return [&]<std::size_t... Stage>(std::index_sequence<Stage...>) {
    static constexpr std::span<const packed_line> stages[] = {
        {&pixels_line<Model>, layer_graph<Model>::takes_pixels ? 1 : 0}, stage_lines<packed_type, Stage>...};
    return print_lines(stages, kernels::arch_name<Arch>(), packed_type::weight_bits(),
                       session<packed_type>::arena_bytes(), advice);
  }(std::make_index_sequence<packed_type::stages>{});
}

}  // namespace detail

/// Returns a packed network as a table. For each layer it lists the output shape, the operation with the bits of inputs
/// x weights, the kernel and its architecture, the bytes of weights, and the multiply-accumulates. Layers that are
/// folded into thresholds are marked. The last lines warn if the program was compiled without optimization, or without
/// instruction sets that most processors have.
template <class Model, class Arch>
[[nodiscard]] std::string summary(const packed<Model, Arch>& network) {
  // There is no advice if the user chose another architecture than the best one.
  return detail::summary_text(network, std::is_same_v<Arch, kernels::best> ? detail::advice<Arch>() : std::string());
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/infer/impl/summary.ipp>
#endif
