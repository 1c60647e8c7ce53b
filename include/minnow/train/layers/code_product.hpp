#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/product.hpp>
#include <minnow/kernels/sink/sink.hpp>
#include <minnow/train/trainable.hpp>
#include <minnow/train/vectors.hpp>

/// Products of codes by codes in training, computed by the kernels of the packed network. They are exact. They take
/// from one tenth (1 and 2 bits) to one half of the time of a float product.
namespace minnow::detail {

/// Packs codes stored as floats (pixels, C) into a packed map, one word of channels at a time.
///
/// zero  the quantizer's zero point, which is added to each code; 0 for encodings in bit planes
template <encoding Encoding, int Bits>
void pack_float_codes(const float* codes, int pixels, int channels, std::byte* packed,
                      [[maybe_unused]] int zero = 0) noexcept {
  const auto word_of = [](const float* from, int bits, auto&& holds) {
    std::uint32_t word = 0;
    for_vectors(bits, [&](int i, auto count) {
      const auto where = holds(load(from + i, count));
      if constexpr (lanes == 1) word |= static_cast<std::uint32_t>(where) << i;
      else word |= static_cast<std::uint32_t>(where.mask()) << i;
    });
    return word;
  };
  for (int pixel = 0; pixel < pixels; ++pixel, codes += channels)
    for (int first = 0; first < channels; first += word_bits) {
      const float* from = codes + first;
      const int count = std::min(word_bits, channels - first);
      if constexpr (kernels::detail::one_or_two_bits<Encoding>) {
        if constexpr (Encoding == encoding::ternary)
          kernels::detail::store32(packed, word_of(from, count, [](const vector& x) { return x != vector(0.0f); }));
        kernels::detail::store32(packed + (Encoding == encoding::ternary ? 4 : 0),
                                 word_of(from, count, [](const vector& x) { return x > vector(0.0f); }));
      } else {
        kernels::code<Encoding> integers[word_bits];
        for (int i = 0; i < count; ++i)
          integers[i] = static_cast<kernels::code<Encoding>>(static_cast<int>(from[i]) + zero);
        kernels::pack_inputs<Encoding, Bits>(integers, 1, count, packed);
      }
      packed += kernels::pixel_bytes<Encoding, Bits>(count);
    }
}

/// The functions of a kernel as pointers. With pointers, a product is compiled once for each weight quantizer, and
/// chooses the kernel for its input quantizer at run time.
struct code_kernel {
  int longest;  ///< largest number of inputs in a sum
  std::size_t (*weight_bytes)(const geometry&);
  std::size_t (*prepared_bytes)(const geometry&);
  std::size_t (*map_bytes)(const geometry&);
  std::size_t (*scratch_bytes)(const geometry&);
  void (*prepare)(const geometry&, std::span<const float> codes, int input_zero, std::byte* weights,
                  std::byte* prepared);
  void (*pack)(const geometry&, const float* codes, int zero, std::byte* map);
  void (*rows)(const geometry&, const kernels::operands&, int first, int last, const kernels::sum_sink&);
};

template <class In, class Weights, bool Grouped>
inline constexpr code_kernel code_kernel_of = [] {
  using product = kernels::product_of<Grouped, In, Weights, kernels::best>;
  return code_kernel{
      [] {
        if constexpr (requires { product::longest(); }) return product::longest();
        else return std::numeric_limits<int>::max();
      }(),
      [](const geometry& g) { return kernels::weight_bytes<In::storage, Weights::storage, Weights::bits>(g); },
      [](const geometry& g) { return product::prepared_bytes(g); },
      [](const geometry& g) { return kernels::input_bytes<In::storage, In::bits>(g.in); },
      [](const geometry& g) { return product::scratch_bytes(g); },
      [](const geometry& g, std::span<const float> codes, int input_zero, std::byte* weights, std::byte* prepared) {
        product::pack_weights(g, codes, weights);
        product::prepare(g, weights, prepared, input_zero);
      },
      [](const geometry& g, const float* codes, int zero, std::byte* map) {
        pack_float_codes<In::storage, In::bits>(codes, g.in.pixels(), g.in.channels, map, zero);
      },
      [](const geometry& g, const kernels::operands& o, int first, int last, const kernels::sum_sink& sink) {
        product::rows(g, o, first, last, sink);
      }};
}();

/// The kernel that a product uses for the quantizer of its inputs.
struct input_kernel {
  const code_kernel* kernel = nullptr;  ///< null unless inputs and weights are codes
  bool bits = false;                    ///< true if the inputs have one bit

  /// Grouped  true if the layer may have channel groups
  template <quantizer Inputs, quantizer Weights, bool Grouped = false>
  [[nodiscard]] static input_kernel of() noexcept {
    constexpr bool has_bits = Inputs::storage == encoding::bit;
    if constexpr (is_integer(Inputs::storage) && is_integer(Weights::storage))
      return {&code_kernel_of<operand_of<Inputs>, operand_of<Weights>, Grouped>, has_bits};
    else return {nullptr, has_bits};
  }
};

/// Product of a layer whose inputs and weights are codes.
class code_product {
public:
  explicit code_product(const code_kernel* kernel) noexcept : kernel_(kernel) {}

  /// Returns true if this class can compute the layer: inputs and weights are codes, and every sum fits in 32 bits.
  [[nodiscard]] bool serves(const geometry& g) const noexcept {
    return kernel_ != nullptr && g.inputs() <= kernel_->longest;
  }
  /// Invalidates the packed weights.
  void invalidate() noexcept { ready_ = false; }

  /// Computes out (N,H',W',F) = scales[f] * sum, where sum is the integer product of inputs (N,H,W,C) and weights
  /// (F,kh,kw,C / groups). A sum beyond 2^24 is rounded once, to a float, before it is scaled.
  ///
  /// scales  [F]
  void run(const geometry& g, const activations& in, std::span<const float> weights, std::span<const float> scales,
           float* out);

private:
  void run_item(const geometry& g, const float* codes, const float* scales, float* out) const;

  const code_kernel* kernel_;
  aligned_bytes weights_;
  aligned_bytes prepared_;
  int input_zero_ = 0;  ///< zero point of the inputs for which `prepared_` was computed
  bool ready_ = false;
};

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/train/layers/impl/code_product.ipp>
#endif
