#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/firmware/data.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/ends/floats.hpp>
#include <minnow/firmware/exact_fma.hpp>
#include <minnow/firmware/plan.hpp>
#include <minnow/firmware/stage_table.hpp>
#include <minnow/infer/ends/float_maps.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow {

/// Number of bytes of RAM that a run of a model needs as firmware, besides the logits and the stack. For static_assert,
/// also in the program that trains the model.
template <class Model>
inline constexpr std::size_t firmware_ram_bytes = detail::firmware_plan<Model>::places.size;

/// Memory that several networks of one program share, if they never run at the same time:
///
///   minnow::firmware_arena<minnow::firmware_ram_bytes<A>, minnow::firmware_ram_bytes<B>> arena;
///   static minnow::firmware<A, a_data::network, &arena> first;
///   static minnow::firmware<B, b_data::network, &arena> second;
///
/// Bytes   what each network needs
template <std::size_t... Bytes>
struct firmware_arena {
  static constexpr std::size_t size = (std::max)({std::size_t{8}, Bytes...});
  alignas(8) std::byte memory[size];
};

/// A packed network whose constants are in a processor's read-only memory, together with the memory that a run writes.
/// Declare it static.
///
///   #include "digits_data.hpp"  // written by save_header(network, "digits_data.hpp", "digits_data")
///   static minnow::firmware<digits, digits_data::network> net;
///   net.run(image, logits);
///
/// Needs no heap, no exceptions, no run-time type information, no streams and no xsimd. Sums, codes and logits equal
/// the packed network's, bit for bit.
///
/// Model   the struct that was packed, or fixed_point<Model> if it was packed with pack<fixed_point>
/// Data    the data that save_header wrote
/// Arena   the address of a `firmware_arena` of static storage that networks share; without it, the object itself holds
///         the memory of a run
///
/// experimental  may change in any version
template <class Model, const auto& Data, auto* Arena = static_cast<std::nullptr_t*>(nullptr)>
class firmware {
  using plan = detail::firmware_plan<Model>;
  using layer_graph = typename plan::layer_graph;
  static_assert(plan::sound);
  static_assert(Data.fingerprint == layer_graph::fingerprint, "minnow: this data was written for another model");
  static_assert(std::size(Data.stages) == plan::stages, "minnow: this data was written for another model");
  static_assert(Data.bytes > 0 || !plan::is_fixed,
                "minnow: this header was written by an older version of minnow: write it again with save_header");

  template <std::size_t Stage>
  using stage = typename plan::template stage<Stage>;

public:
  /// True if `run_codes` takes the codes of the first layer's quantizer, of type `input_code`.
  static constexpr bool takes_codes = plan::quantizes_image && is_bytes(stage<0>::outputs::storage);
  using input_code = kernels::byte_code<stage<0>::outputs::storage>;
  /// Number of numbers in an image, which are bytes if the model begins with pixels.
  static constexpr int image_size = layer_graph::input.size();
  static constexpr int image_bytes = image_size;
  static constexpr int classes = layer_graph::output.size();
  /// Bytes of RAM that a run needs, besides the logits and the stack. This is the size of the object, or with an arena
  /// the part of the arena that this network uses.
  static constexpr std::size_t ram_bytes = firmware_ram_bytes<Model>;
  /// Bytes of read-only memory of the constants: weights, thresholds and so on, without the code. The compiler may drop
  /// arrays of a few numbers.
  static constexpr std::size_t flash_bytes = Data.bytes;
  /// Old name of `ram_bytes`.
  static constexpr std::size_t memory_bytes = ram_bytes;
  static constexpr std::size_t stages = plan::stages;
  static constexpr auto paths = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    return std::array{layer_graph::paths[plan::template stage<Stage>::begin].c_str()...};
  }(std::make_index_sequence<plan::stages>{});
  /// Multiply-accumulates of each stage for one image.
  static constexpr auto macs = []<std::size_t... Stage>(std::index_sequence<Stage...>) {
    return std::array{(plan::template stage<Stage>::has_product ? plan::template stage<Stage>::window.macs() : 0)...};
  }(std::make_index_sequence<plan::stages>{});

  /// True if a type of numbers can be an image: bytes if the model begins with pixels, else bytes, signed bytes (1
  /// stands for 1 / 128), signed 16-bit numbers (1 stands for 1 / 32768) or floats, which are then normalized.
  template <class Number>
  static constexpr bool reads =
      std::is_same_v<Number, std::uint8_t> || (!layer_graph::takes_pixels && detail::input_number<Number>);

  /// Computes image (H,W,C) -> logits [classes]. Arrays of another length do not compile. With pointers, the caller is
  /// responsible for the lengths.
  template <class Image, class Number = std::remove_cvref_t<decltype(std::declval<const Image&>()[0])>>
    requires reads<Number> && std::is_convertible_v<const Image&, std::span<const Number, index(image_size)>>
  void run(const Image& image, std::span<float, index(classes)> logits) noexcept {
    run(std::data(image), logits.data());
  }
  template <class Number>
    requires reads<Number>
  void run(const Number* image, float* logits) noexcept {
    run(image, logits, [](std::size_t) {});
  }
  /// Overload that measures: calls after_stage(stage) after each of the model's `stages`, a product with the layers
  /// after it. paths[stage] is the path of a stage's first layer.
  template <class Number, class AfterStage>
    requires reads<Number>
  void run(const Number* image, float* logits, AfterStage&& after_stage) noexcept {
    if constexpr (plan::quantizes_image) {
      quantize_image(image);
      after_stage(std::size_t{0});
      run_stages(1, logits, after_stage);
    } else {
      // The image is copied because kernels may read a few bytes past the end of their input, where the caller's image
      // may have no readable memory.
      if constexpr (layer_graph::takes_pixels) std::memcpy(map(plan::stages), image, image_size);
      else normalize(image);
      run_stages(0, logits, after_stage);
    }
  }

  /// Computes logits from the bytes that the first layer's quantizer gives: the codes, or for `affine_integer` codes +
  /// input_zero(). A code c stands for the normalized number c * input_scale(). Needs a model that begins with a
  /// quantizer of one-byte codes.
  template <std::same_as<input_code> Code>
    requires(takes_codes)
  void run_codes(const Code* codes, float* logits) noexcept {
    std::memcpy(map(0), codes, image_size);
    run_stages(1, logits, [](std::size_t) {});
  }
  [[nodiscard]] static float input_scale() noexcept
    requires takes_codes
  {
    return stage<0>::outputs::scale(input_state());
  }
  [[nodiscard]] static constexpr int input_zero() noexcept
    requires takes_codes
  {
    return Data.stages[0].zero;
  }

private:
  [[nodiscard]] static auto input_state() noexcept {
    return detail::firmware_floats<stage<0>>::out_state(Data.stages[0].floats);
  }
  [[nodiscard]] static std::size_t normalized(int channel) noexcept {
    return Data.normalized_channels == 1 ? 0 : index(channel);
  }
  template <class Number>
  [[nodiscard]] static affine normalization_of(int channel) noexcept {
    return detail::normalizing_input<Number>(Data.mean[normalized(channel)], Data.stddev[normalized(channel)]);
  }
  /// Writes the normalized image, as floats.
  template <class Number>
  void normalize(const Number* image) noexcept {
    auto* to = reinterpret_cast<float*>(map(plan::stages));
    constexpr int channels = layer_graph::input.channels;
    for (int c = 0; c < channels; ++c) {
      const affine a = normalization_of<Number>(c);
      for (int k = c; k < image_size; k += channels)
        to[k] = detail::exact_fma(static_cast<float>(image[k]), a.scale, a.shift);
    }
  }
  /// Computes the first stage, which only quantizes: a word of channels at a time, in all pixels.
  template <class Number>
  void quantize_image(const Number* image) noexcept {
    using quantizer = typename stage<0>::outputs;
    using operand = detail::operand_of<quantizer>;
    constexpr shape in = layer_graph::input;
    constexpr std::size_t pixel = kernels::pixel_bytes<operand::storage, operand::bits>(in.channels);
    const auto state = input_state();
    std::byte* to = map(0);
    for (int first = 0; first < in.channels; first += word_bits) {
      const int count = (std::min)(word_bits, in.channels - first);
      affine normal[word_bits];
      for (int i = 0; i < count; ++i)
        normal[i] = i > 0 && Data.normalized_channels == 1 ? normal[0] : normalization_of<Number>(first + i);
      for (int p = 0; p < in.pixels(); ++p) {
        float values[word_bits];
        for (int i = 0; i < count; ++i)
          values[i] = detail::exact_fma(static_cast<float>(image[p * in.channels + first + i]), normal[i].scale,
                                        normal[i].shift);
        detail::encode<quantizer>(values, state, to + index(p) * pixel, {1, 1, count});
      }
      to += kernels::pixel_bytes<operand::storage, operand::bits>(count);
    }
  }

  /// The memory of a run.
  [[nodiscard]] std::byte* memory() noexcept {
    if constexpr (shares) return Arena->memory;
    else return memory_.memory;
  }
  [[nodiscard]] std::byte* map(std::size_t maker) noexcept { return memory() + plan::places.maps[maker]; }

  /// Runs the stages from `first` on.
  template <class AfterStage>
  void run_stages(std::size_t first, float* logits, AfterStage&& after_stage) noexcept {
    constexpr auto& table = detail::firmware_stages<Model, Data>::table;
    for (std::size_t s = first; s < plan::stages; ++s) {
      table[s].run(table[s], memory(), logits);
      after_stage(s);
    }
  }

  static constexpr bool shares = !std::is_same_v<decltype(Arena), std::nullptr_t*>;
  static_assert(
      [] {
        if constexpr (shares) return sizeof(Arena->memory) >= ram_bytes;
        else return true;
      }(),
      "minnow: the arena is too small for this network: firmware_arena<firmware_ram_bytes<A>, firmware_ram_bytes<B>>");
  struct no_memory {};
  [[no_unique_address]] std::conditional_t<shares, no_memory, firmware_arena<ram_bytes>> memory_;
};

template <class NoModel, const auto& Data, auto* Arena>
  requires(!model_description<NoModel>)
class firmware<NoModel, Data, Arena> : public detail::reading_of_no_model<NoModel> {};

}  // namespace minnow
