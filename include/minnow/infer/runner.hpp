#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/core/index.hpp>
#include <minnow/infer/arena.hpp>
#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/stage.hpp>
#include <minnow/infer/trace.hpp>
#include <minnow/kernels/layout/flatten.hpp>
#include <minnow/layers/layer.hpp>

namespace minnow {

namespace detail {

/// Runs one image through a packed network, in buffers that the caller owns.
template <class Packed>
class runner {
  using layer_graph = typename Packed::layer_graph;
  static constexpr auto plan = arena_plan<Packed>::make();

public:
  /// buffers   plan.size bytes for each of the `parts` threads that may share one image
  runner(const Packed& network, const std::byte* prepared, std::byte* buffers, int parts) noexcept
      : network_(&network), prepared_(prepared), buffers_(buffers), parts_(parts) {}

  template <class Element>
  void run(const Element* image, float* logits, trace* watcher) {
    take(image);
    finish<0>(logits, watcher);
  }

  /// Runs stage `Stage` and all later ones, starting from packed codes of the stage's inputs.
  template <std::size_t Stage>
  void run_from(std::span<const std::byte> codes, float* logits, trace* watcher) {
    std::copy(codes.begin(), codes.end(), input<Stage>());
    finish<Stage>(logits, watcher);
  }

private:
  template <std::size_t Stage>
  using stage_at = minnow::stage<Packed, Stage>;

  [[nodiscard]] std::byte* at(std::size_t offset) noexcept { return buffers_ + offset; }
  /// Returns the packed map that stage `maker` writes; for maker = Packed::stages, the image.
  [[nodiscard]] std::byte* map(std::size_t maker) noexcept { return at(plan.maps[maker]); }
  template <std::size_t Stage>
  [[nodiscard]] std::byte* input() noexcept {
    return map(stage_at<Stage>::plan::source);
  }

  template <class Element>
  void take(const Element* image) noexcept {
    constexpr int size = layer_graph::input.size();
    if constexpr (layer_graph::takes_pixels) {
      std::memcpy(map(Packed::stages), image, index(size));
    } else {
      float* to = reinterpret_cast<float*>(map(Packed::stages));
      for (int c = 0; c < layer_graph::input.channels; ++c) {
        const affine a = network_->input.template of_channel<Element>(c);
        for (int k = c; k < size; k += layer_graph::input.channels) to[k] = a(static_cast<float>(image[k]));
      }
    }
  }

  /// Runs stage `Stage` and all later ones. Not inlined, so that all entry points share one copy of the stages' code.
  template <std::size_t Stage>
  [[gnu::noinline]] void finish(float* logits, trace* watcher) {
    if constexpr (Stage == Packed::stages) {
      std::copy_n(reinterpret_cast<const float*>(map(Stage - 1)), Packed::classes, logits);
    } else {
      if constexpr (stage_at<Stage>::plan::flattens)
        kernels::flatten_inputs<stage_at<Stage>::plan::inputs::storage,
                                operand_of<typename stage_at<Stage>::plan::inputs>::bits>(
            input<Stage>(), stage_at<Stage>::plan::in.pixels(), stage_at<Stage>::plan::in.channels);
      network_->template stage<Stage>()
          .constants.template run<typename stage_at<Stage>::product, typename Packed::arch>(
              run_of<Stage>(watcher, typename stage_at<Stage>::plan::indices{}));
      if constexpr (stage_at<Stage>::plan::has_quantizer)
        if (watcher != nullptr) watcher->map(stage_at<Stage>::plan::end - 1, map(Stage));
      finish<Stage + 1>(logits, watcher);
    }
  }

  template <std::size_t Stage, std::size_t... Index>
  [[nodiscard]] stage_run<typename stage_at<Stage>::plan> run_of(trace* watcher,
                                                                 std::index_sequence<Index...>) noexcept {
    using p = typename stage_at<Stage>::plan;
    constexpr stage_memory memory = plan.memory[Stage];
    const auto floats = [&](std::size_t which) { return reinterpret_cast<float*>(at(memory.floats[which])); };
    return {{p::window,
             p::pool_window,
             p::begin,
             {input<Stage>(), network_->template stage<Stage>().weights.data(), prepared_ + plan.prepared[Stage],
              at(memory.scratch), zero_of_map<p::source>(*network_), parts_},
             at(memory.sums),
             watcher,
             parts_,
             plan.size},
            map(Stage),
            {other<p, Index>()...},
            {floats(0), floats(1), floats(2)},
            reinterpret_cast<std::uint32_t*>(at(memory.waiting)),
            {other_zero<p, Index>()...}};
  }
  /// Returns the packed map of a layer's second input; null if the layer has only one input.
  template <class Plan, std::size_t Index>
  [[nodiscard]] const std::byte* other() noexcept {
    if constexpr (join_layer<typename Plan::template op<Index>>) return map(Plan::template second<Index>);
    else return nullptr;
  }

  template <class Plan, std::size_t Index>
  [[nodiscard]] int other_zero() const noexcept {
    if constexpr (join_layer<typename Plan::template op<Index>>)
      return zero_of_map<Plan::template second<Index>>(*network_);
    else return 0;
  }

  const Packed* network_;
  const std::byte* prepared_;
  std::byte* buffers_;
  int parts_;
};

}  // namespace detail

}  // namespace minnow
