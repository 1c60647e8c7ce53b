#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/infer/arena.hpp>
#include <minnow/infer/ends/fixed_point.hpp>
#include <minnow/infer/ends/floats.hpp>
#include <minnow/infer/ends/requantize.hpp>
#include <minnow/infer/ends/sums.hpp>
#include <minnow/infer/stage.hpp>
#include <minnow/infer/trace.hpp>
#include <minnow/kernels/layout/flatten.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/kernels/sink/sink.hpp>

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
  template <std::size_t Stage>
  [[nodiscard]] float* floats(int which) noexcept {
    return reinterpret_cast<float*>(at(plan.memory[Stage].floats[index(which)]));
  }
  /// Returns the packed map that stage `maker` writes, or the image.
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
      if constexpr (stage_at<Stage>::plan::ends_in == stage_end::thresholds) run_folded<Stage>(watcher);
      else if constexpr (stage_at<Stage>::plan::ends_in == stage_end::fixed_point) run_fixed<Stage>(watcher);
      else if constexpr (stage_at<Stage>::plan::ends_in == stage_end::requantize) run_encoded<Stage>(watcher);
      else run_floats<Stage>(watcher);
      if constexpr (stage_at<Stage>::plan::has_quantizer)
        if (watcher != nullptr) watcher->map(stage_at<Stage>::plan::end - 1, map(Stage));
      finish<Stage + 1>(logits, watcher);
    }
  }

  template <std::size_t Stage>
  [[nodiscard]] stage_work work_of(trace* watcher) noexcept {
    using p = typename stage_at<Stage>::plan;
    return {p::window,
            p::pool_window,
            p::begin,
            {input<Stage>(), network_->template stage<Stage>().weights.data(), prepared_ + plan.prepared[Stage],
             at(plan.memory[Stage].scratch)},
            at(plan.memory[Stage].sums),
            watcher,
            parts_,
            plan.size};
  }

  template <std::size_t Stage>
  void run_folded(trace* watcher) noexcept {
    using p = typename stage_at<Stage>::plan;
    // An average adds up the sums of each window before the comparison, so the sink has nothing left to pool.
    constexpr geometry pool = p::folded_average
                                  ? window_over(p::pool_window.out, p::window.out.channels, {1, 1}, {1, 1}, {0, 0})
                                  : p::pool_window;
    const code_sink_of<p> codes{network_->template stage<Stage>().constants.limits.rows(), pool, map(Stage),
                                reinterpret_cast<std::uint32_t*>(at(plan.memory[Stage].waiting))};
    if (watcher != nullptr) watch<typename stage_at<Stage>::product>(work_of<Stage>(watcher));
    if constexpr (p::folded_average) average<typename stage_at<Stage>::product>(work_of<Stage>(watcher), codes);
    else multiply_into<typename stage_at<Stage>::product>(work_of<Stage>(watcher), codes);
  }

  /// Computes the product and applies the layers after it to blocks of sums. The layers compute the same as in
  /// run_floats.
  template <std::size_t Stage>
  void run_encoded(trace* watcher) {
    using p = typename stage_at<Stage>::plan;
    const auto& self = network_->template stage<Stage>();
    if (watcher != nullptr) watch<typename stage_at<Stage>::product>(work_of<Stage>(watcher));
    auto* smallest = reinterpret_cast<std::int32_t*>(at(plan.memory[Stage].sums));
    if constexpr (p::pools > 0)
      for (int c = 0; c < p::window.out.channels; ++c) {
        int direction = p::outputs::scale(self.constants.out_state) < 0 ? -1 : 1;
        self.each_op([&](auto i, const auto& reading) {
          if constexpr (i > p::pool) direction *= reading.direction(c);
        });
        smallest[c] = direction < 0 ? -1 : 0;
      }
    first_exception failure;
    encoded_stage<stage_at<Stage>> context{&self, &failure, {}};
    self.each_op([&](auto i, const auto&) {
      if constexpr (join_layer<typename p::template op<i>>) context.others[i] = map(p::template second<i>);
    });
    const kernels::byte_sink<byte_code_of<p>> codes{encode_block<stage_at<Stage>, typename Packed::arch>, &context,
                                                    p::pool_window, smallest, map(Stage)};
    multiply_into<typename stage_at<Stage>::product>(work_of<Stage>(watcher), codes);
    failure.pass_on();
  }

  /// Like run_encoded, but with integers only.
  template <std::size_t Stage>
  void run_fixed(trace* watcher) noexcept {
    using p = typename stage_at<Stage>::plan;
    const auto& constants = network_->template stage<Stage>().constants;
    if (watcher != nullptr) watch<typename stage_at<Stage>::product>(work_of<Stage>(watcher));
    const fixed_stage context{&constants, p::joins > 0 ? map(second_of<p>()) : nullptr};
    const kernels::byte_sink<byte_code_of<p>> codes{fix_block<p>, &context, p::pool_window, constants.smallest.data(),
                                                    map(Stage)};
    multiply_into<typename stage_at<Stage>::product>(work_of<Stage>(watcher), codes);
  }

  /// Computes the product as floats, applies each layer in turn, then the quantizer.
  template <std::size_t Stage>
  void run_floats(trace* watcher) {
    using p = typename stage_at<Stage>::plan;
    const auto& self = network_->template stage<Stage>();
    const float* from = floats<Stage>(0);
    if constexpr (p::has_product)
      multiply<typename stage_at<Stage>::product>(work_of<Stage>(watcher), self.constants.scales.data(),
                                                  floats<Stage>(0));
    else from = values<typename p::inputs>(input<Stage>(), p::in, self.constants.scales[0], floats<Stage>(0));
    int next = 1;
    self.each_op([&](auto i, const auto& reading) {
      if constexpr (join_layer<typename p::template op<i>>) {
        constexpr shape other = layer_graph::template second_in<p::ops_begin + i>;
        reading.run(
            from, values<typename p::template second_inputs<i>>(map(p::template second<i>), other, 1, floats<Stage>(2)),
            floats<Stage>(next));
      } else {
        reading.run(from, floats<Stage>(next));
      }
      from = floats<Stage>(next);
      next = 1 - next;
    });
    encode<typename p::outputs>(from, self.constants.out_state, map(Stage), p::out);
  }

  const Packed* network_;
  const std::byte* prepared_;
  std::byte* buffers_;
  int parts_;
};

}  // namespace detail

}  // namespace minnow
