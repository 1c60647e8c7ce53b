#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/firmware/data.hpp>
#include <minnow/firmware/ends/end.hpp>
#include <minnow/firmware/plan.hpp>
#include <minnow/kernels/layout/flatten.hpp>
#include <minnow/kernels/operand.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow {

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
///
/// experimental  may change in any version
template <class Model, const auto& Data>
class firmware {
  using plan = detail::firmware_plan<Model>;
  using layer_graph = typename plan::layer_graph;
  static_assert(plan::sound);
  static_assert(Data.fingerprint == layer_graph::fingerprint, "minnow: this data was written for another model");
  static_assert(std::size(Data.stages) == plan::stages, "minnow: this data was written for another model");

public:
  static constexpr int image_bytes = layer_graph::input.size();
  static constexpr int classes = layer_graph::output.size();
  /// Size in bytes of the memory that a run writes.
  static constexpr std::size_t memory_bytes = plan::places.size;

  /// Computes image (H,W,C) bytes -> logits [classes]. Arrays of another length do not compile. With pointers, the
  /// caller is responsible for the lengths.
  void run(std::span<const std::uint8_t, index(image_bytes)> image, std::span<float, index(classes)> logits) noexcept {
    run(image.data(), logits.data());
  }
  void run(const std::uint8_t* image, float* logits) noexcept {
    // The image is copied because kernels may read a few bytes past the end of their input, where the caller's image
    // may have no readable memory.
    std::memcpy(input<0>(), image, image_bytes);
    run_stages(std::make_index_sequence<plan::stages - 1>{});
    finish(logits);
  }

private:
  template <std::size_t Stage>
  using stage = typename plan::template stage<Stage>;
  /// The constants of a stage (infer/stage_plan.hpp), as a type, so that their addresses are compile-time constants.
  template <std::size_t Stage>
  struct data_of {
    static constexpr const firmware_stage& stage() noexcept { return Data.stages[Stage]; }
  };

  [[nodiscard]] std::byte* at(std::size_t offset) noexcept { return memory_ + offset; }
  /// The feature maps that stage `Stage` reads (`input`) and writes (`output`). Two buffers alternate.
  template <std::size_t Stage>
  [[nodiscard]] std::byte* input() noexcept {
    return at(plan::places.maps[Stage % 2]);
  }
  template <std::size_t Stage>
  [[nodiscard]] std::byte* output() noexcept {
    return at(plan::places.maps[(Stage + 1) % 2]);
  }
  template <std::size_t Stage>
  [[nodiscard]] kernels::operands operands() noexcept {
    return {input<Stage>(), reinterpret_cast<const std::byte*>(Data.stages[Stage].weights),
            reinterpret_cast<const std::byte*>(Data.stages[Stage].prepared), at(plan::places.scratch)};
  }
  template <std::size_t Stage, class Sink>
  void multiply(const Sink& sink) noexcept {
    if constexpr (stage<Stage>::flattens)
      kernels::flatten_inputs<stage<Stage>::inputs::storage, detail::operand_of<typename stage<Stage>::inputs>::bits>(
          input<Stage>(), stage<Stage>::in.pixels(), stage<Stage>::in.channels);
    plan::template product<Stage>::rows(stage<Stage>::window, operands<Stage>(), 0, stage<Stage>::window.out.height,
                                        sink);
  }

  template <std::size_t... Stage>
  void run_stages(std::index_sequence<Stage...>) noexcept {
    (run_stage<Stage>(), ...);
  }
  template <std::size_t Stage>
  void run_stage() noexcept {
    multiply<Stage>(detail::firmware_end<stage<Stage>>::template sink<data_of<Stage>>(
        output<Stage>(), reinterpret_cast<std::uint32_t*>(at(plan::places.waiting))));
  }

  /// Computes the last stage's sums and applies the layers after them.
  void finish(float* logits) noexcept {
    constexpr std::size_t last = plan::stages - 1;
    constexpr int channels = stage<last>::window.out.channels;
    constexpr int stride = kernels::sum_stride(channels);
    auto* sums = reinterpret_cast<std::int32_t*>(at(plan::places.sums));
    multiply<last>(kernels::sum_sink{sums, stride, stage<last>::window.out.width, 0});
    for (int pixel = 0; pixel < stage<last>::window.out.pixels(); ++pixel)
      for (int c = 0; c < channels; ++c)
        *logits++ = detail::firmware_end<stage<last>>::template value<data_of<last>>(sums[pixel * stride + c], c);
  }

  alignas(8) std::byte memory_[plan::places.size];
};

template <class NoModel, const auto& Data>
  requires(!model_description<NoModel>)
class firmware<NoModel, Data> : public detail::reading_of_no_model<NoModel> {};

}  // namespace minnow
