#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <minnow/core/aligned_bytes.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/kernels/layout.hpp>
#include <minnow/kernels/product.hpp>
#include <minnow/kernels/value_sink.hpp>
#include <minnow/train/kernel_calls.hpp>
#include <minnow/train/trainable.hpp>
#include <minnow/train/vectors.hpp>

/// Training's products of codes by codes on the kernels of the packed network: exact, and of 1 and 2 bits at a tenth of the
/// time of a product of floats.
namespace minnow::detail {

/// Codes of 1 or 2 bits, held in floats (pixels, C), to a packed map.
template <encoding E>
void pack_float_codes(const float* codes, int pixels, int channels, std::byte* packed) noexcept {
  static_assert(kernels::detail::one_or_two_bits<E>);
  const auto word_of = [channels](const float* from, int first, auto&& holds) {
    const int bits = std::min(word_bits, channels - first);
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
      if constexpr (E == encoding::ternary) {
        kernels::detail::store32(packed, word_of(from, first, [](const vector& x) { return x != vector(0.0f); }));
        packed += 4;
      }
      kernels::detail::store32(packed, word_of(from, first, [](const vector& x) { return x > vector(0.0f); }));
      packed += 4;
    }
}

/// A kernel behind functions, so that a product is compiled for its weights alone and knows its inputs at run time.
struct code_kernel {
  std::size_t (*weight_bytes)(const geometry&);
  std::size_t (*prepared_bytes)(const geometry&);
  std::size_t (*map_bytes)(const geometry&);
  std::size_t (*scratch_bytes)(const geometry&);
  void (*prepare)(const geometry&, std::span<const float> codes, std::vector<std::int16_t>& integers, std::byte* weights,
                  std::byte* prepared);
  void (*run)(const geometry&, const float* codes, std::byte* map, const kernels::operands&, const kernels::value_sink&);
};

template <class In, class Weights>
inline constexpr code_kernel code_kernel_of = [] {
  using product = kernels::product<In, Weights, kernels::best>;
  return code_kernel{
      [](const geometry& g) { return kernels::weight_bytes<In::storage, Weights::storage, Weights::bits>(g); },
      [](const geometry& g) { return product::prepared_bytes(g); },
      [](const geometry& g) { return kernels::input_bytes<In::storage, In::bits>(g.in); },
      [](const geometry& g) { return product::scratch_bytes(g); },
      [](const geometry& g, std::span<const float> codes, std::vector<std::int16_t>& integers, std::byte* weights,
         std::byte* prepared) {
        integers.assign(codes.begin(), codes.end());
        kernels::pack_weights<In::storage, Weights::storage, Weights::bits>(g, integers.data(), weights);
        product::prepare(g, weights, prepared);
      },
      [](const geometry& g, const float* codes, std::byte* map, const kernels::operands& o, const kernels::value_sink& sink) {
        pack_float_codes<In::storage>(codes, g.in.pixels(), g.in.channels, map);
        product::rows(g, o, 0, g.out.height, sink);
      }};
}();

/// The product of a layer whose inputs and weights are codes, where there is a kernel that is worth it.
class code_product {
public:
  /// Says what the inputs are, once.
  template <quantizer Inputs, quantizer Weights>
  void take_inputs_of() noexcept {
    if constexpr (kernels::detail::xnor_operands<operand_of<Inputs>, operand_of<Weights>>)
      kernel_ = &code_kernel_of<operand_of<Inputs>, operand_of<Weights>>;
  }
  [[nodiscard]] bool exists() const noexcept { return kernel_ != nullptr; }
  /// The weights are others than before.
  void renew() noexcept { ready_ = false; }

  /// out (N,H',W',F) = scales[f] * sum of products: of inputs (N,H,W,C) and weights (F,kh,kw,C).
  ///
  /// scales  [F]
  void run(const geometry& g, const activations& in, std::span<const float> weights, std::span<const float> scales, float* out) {
    const bool dense = is_dense(g);
    if (!ready_) {
      const geometry one = dense ? stacked(g, 1) : g;
      weights_.grow(kernel_->weight_bytes(one));
      prepared_.grow(kernel_->prepared_bytes(one));
      kernel_->prepare(one, weights, integers_, weights_.data(), prepared_.data());
      ready_ = true;
    }
    scales_.assign(static_cast<std::size_t>(kernels::sum_stride(g.out.channels)), 0.0f);
    std::copy(scales.begin(), scales.end(), scales_.begin());
    const int together = dense ? images_together : 1;
    parallel_for((in.images + together - 1) / together, [&](int item) {
      const int first = item * together;
      const int images = std::min(together, in.images - first);
      const geometry of_item = dense ? stacked(g, images) : g;
      const std::size_t map_bytes = round_up(kernel_->map_bytes(of_item) + 64, 64);
      std::byte* map = scratch_of_thread(map_bytes + kernel_->scratch_bytes(of_item));
      const kernels::value_sink sink{out + static_cast<std::size_t>(first) * static_cast<std::size_t>(g.out.size()),
                                     of_item.out.width, g.out.channels, scales_.data()};
      kernel_->run(of_item, in.data + static_cast<std::size_t>(first) * static_cast<std::size_t>(g.in.size()), map,
                   {map, weights_.data(), prepared_.data(), map + map_bytes}, sink);
    });
  }

private:
  static constexpr int images_together = 16;
  /// Images of a dense layer as the pixels of one map, so that they share a pass over the weights.
  static geometry stacked(const geometry& g, int images) {
    return window_over({images, 1, g.in.size()}, g.out.channels, {1, 1}, {1, 1}, {0, 0});
  }
  const code_kernel* kernel_ = nullptr;
  aligned_bytes weights_;
  aligned_bytes prepared_;
  std::vector<std::int16_t> integers_;
  std::vector<float> scales_;
  bool ready_ = false;
};

}  // namespace minnow::detail
