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

#include <minnow/core/error.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/rounded_product.hpp>
#include <minnow/infer/arena.hpp>
#include <minnow/infer/stage.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/kernels/layout/flatten.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/byte_sink.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow {

/// Observes the values between image and logits. Derive from it to inspect a run.
class trace {
public:
  /// Receives a product's sums for the output rows [first_row, last_row): each row has out.width ·
  /// kernels::sum_stride(F) numbers for F filters.
  virtual void sums(std::size_t /*layer*/, int /*first_row*/, int /*last_row*/, const std::int32_t* /*sums*/) noexcept {
  }
  virtual void sums(std::size_t /*layer*/, int /*first_row*/, int /*last_row*/, const float* /*sums*/) noexcept {}
  /// Receives the packed map that a quantize layer outputs.
  virtual void map(std::size_t /*layer*/, const std::byte* /*packed*/) noexcept {}

protected:
  ~trace() = default;
};

namespace detail {

/// A quantizer whose `code` takes SIMD batches as well as single numbers.
template <class Quantizer, class Value>
concept codes_vectors =
    !std::is_same_v<Value, kernels::plain_floats> && requires(Value x, const typename Quantizer::state s) {
      { Quantizer::code(x, s) } -> std::same_as<Value>;
    };

template <class Plan>
using byte_code_of = kernels::byte_code<Plan::outputs::storage>;

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
    return reinterpret_cast<float*>(at(plan.memory[Stage].floats[static_cast<std::size_t>(which)]));
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
      std::memcpy(map(Packed::stages), image, static_cast<std::size_t>(size));
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
      if constexpr (stage_at<Stage>::plan::folds) run_folded<Stage>(watcher);
      else if constexpr (stage_at<Stage>::plan::fixes) run_fixed<Stage>(watcher);
      else if constexpr (stage_at<Stage>::plan::encodes) run_encoded<Stage>(watcher);
      else run_floats<Stage>(watcher);
      if constexpr (stage_at<Stage>::plan::has_quantizer)
        if (watcher != nullptr) watcher->map(stage_at<Stage>::plan::end - 1, map(Stage));
      finish<Stage + 1>(logits, watcher);
    }
  }

  /// Run-time parameters of a stage's loops. The loops take these numbers instead of the stage's type. They are
  /// therefore compiled once for each kernel and quantizer, not once for each stage.
  struct work {
    const geometry& window;
    const geometry& pool;
    std::size_t layer;
    kernels::operands operands;
    std::byte* sums;
    trace* watcher;
    int parts;
  };
  template <std::size_t Stage>
  [[nodiscard]] work work_of(trace* watcher) noexcept {
    using p = typename stage_at<Stage>::plan;
    return {p::window,
            p::pool_window,
            p::begin,
            {input<Stage>(), network_->template stage<Stage>().weights.data(), prepared_ + plan.prepared[Stage],
             at(plan.memory[Stage].scratch)},
            at(plan.memory[Stage].sums),
            watcher,
            parts_};
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
    encoded_stage<Stage> context{&self, &failure, {}};
    self.each_op([&](auto i, const auto&) {
      if constexpr (join_layer<typename p::template op<i>>) context.others[i] = map(p::template second<i>);
    });
    const kernels::byte_sink<byte_code_of<p>> codes{encode_block<Stage>, &context, p::pool_window, smallest,
                                                    map(Stage)};
    multiply_into<typename stage_at<Stage>::product>(work_of<Stage>(watcher), codes);
    failure.pass_on();
  }

  /// As run_encoded, but with integers only.
  template <std::size_t Stage>
  void run_fixed(trace* watcher) noexcept {
    using p = typename stage_at<Stage>::plan;
    const auto& constants = network_->template stage<Stage>().constants;
    if (watcher != nullptr) watch<typename stage_at<Stage>::product>(work_of<Stage>(watcher));
    const fixed_stage<Stage> context{&constants, p::joins > 0 ? map(second_of<p>()) : nullptr};
    const kernels::byte_sink<byte_code_of<p>> codes{fix_block<Stage>, &context, p::pool_window,
                                                    constants.smallest.data(), map(Stage)};
    multiply_into<typename stage_at<Stage>::product>(work_of<Stage>(watcher), codes);
  }

  template <std::size_t Stage>
  struct fixed_stage {
    const fixed_constants* constants;
    const std::byte* other;  ///< packed map that a join adds; null without a join
  };
  /// Index of the join among the ops of a stage with at most one join. `second_of` is the stage that makes its other
  /// input.
  template <class Plan>
  static constexpr std::size_t join_of = []<std::size_t... Index>(std::index_sequence<Index...>) {
    std::size_t at = 0;
    ((at = join_layer<typename Plan::template op<Index>> ? Index : at), ...);
    return at;
  }(typename Plan::indices{});
  template <class Plan>
  static constexpr std::size_t second_of() {
    if constexpr (Plan::joins > 0) return Plan::template second<join_of<Plan>>;
    else return 0;
  }
  template <std::size_t Stage>
  static void fix_block(const void* context, const std::int32_t* sums, int pixel, int channel,
                        byte_code_of<stage_plan<typename Packed::model, Stage>>* codes) noexcept {
    using p = typename stage_at<Stage>::plan;
    const auto& given = *static_cast<const fixed_stage<Stage>*>(context);
    const int count = std::min(kernels::block_filters, p::window.out.channels - channel);
    for (int f = 0; f < count; ++f) {
      std::int32_t other = 0;
      if constexpr (p::joins > 0) {
        using number = kernels::byte_code<p::template second_inputs<join_of<p>>::storage>;
        other = reinterpret_cast<const number*>(given.other)[pixel * p::window.out.channels + channel + f];
      }
      codes[f] = static_cast<byte_code_of<p>>(given.constants->code(channel + f, sums[f], other));
    }
  }

  template <std::size_t Stage>
  struct encoded_stage {
    const stage_at<Stage>* stage;
    first_exception* failure;  ///< thrown by a user's rule; it must not propagate through a kernel
    std::array<const std::byte*, stage_at<Stage>::plan::ops> others;  ///< for each join, the map of its other input
  };
  template <std::size_t Stage>
  static void encode_block(const void* context, const std::int32_t* sums, int pixel, int channel,
                           byte_code_of<stage_plan<typename Packed::model, Stage>>* codes) noexcept {
    if constexpr (rules_may_throw<Stage>()) {
      first_exception& failure = *static_cast<const encoded_stage<Stage>*>(context)->failure;
      if (!failure.caught()) failure.keep([&] { encode_values<Stage>(context, sums, pixel, channel, codes); });
    } else {
      encode_values<Stage>(context, sums, pixel, channel, codes);
    }
  }
  /// Whether the quantizer of stage `Stage`, or a layer before it in the stage, is not noexcept.
  template <std::size_t Stage>
  static constexpr bool rules_may_throw() {
    using p = typename stage_at<Stage>::plan;
    using q = typename p::outputs;
    bool may = !noexcept(q::code(0.0f, std::declval<const typename q::state&>()));
    [&]<std::size_t... Index>(std::index_sequence<Index...>) {
      ((may = may || !op_is_noexcept<typename p::template op<Index>>()), ...);
    }(typename p::indices{});
    return may;
  }
  template <class Layer>
  static constexpr bool op_is_noexcept() {
    if constexpr (requires(const inferable<Layer>& reading) { reading.apply(0.0f, 0); })
      return noexcept(std::declval<const inferable<Layer>&>().apply(0.0f, 0));
    else return true;
  }
  template <std::size_t Stage>
  static void encode_values(const void* context, const std::int32_t* sums, int pixel, int channel,
                            byte_code_of<stage_plan<typename Packed::model, Stage>>* codes) {
    using p = typename stage_at<Stage>::plan;
    using q = typename p::outputs;
    constexpr int count = kernels::block_filters;
    const auto& given = *static_cast<const encoded_stage<Stage>*>(context);
    const auto& self = *given.stage;
    float x[count] = {};
    // Only some channels of a last block have constants. For all other blocks the loop length is a compile-time
    // constant.
    const int used = p::window.out.channels - channel;
    const auto each = [&](auto&& body) {
      if (used >= count)
        for (int f = 0; f < count; ++f) body(f);
      else
        for (int f = 0; f < used; ++f) body(f);
    };
    const float* scales = self.constants.scales.data() + channel;
    each([&](int f) { x[f] = rounded_product(static_cast<float>(sums[f]), scales[f]); });
    self.each_op([&](auto i, const auto& reading) {
      if constexpr (join_layer<typename p::template op<i>>) {
        using second = typename p::template second_inputs<i>;
        using number = std::conditional_t<std::is_same_v<second, real>, float, kernels::byte_code<second::storage>>;
        const auto* other = reinterpret_cast<const number*>(given.others[i]) + pixel * p::window.out.channels + channel;
        each([&](int f) { x[f] = reading.apply(x[f], static_cast<float>(other[f])); });
      } else if constexpr (i != p::pool) {
        each([&](int f) { x[f] = reading.apply(x[f], channel + f); });
      }
    });
    code_block<q>(x, self.constants.out_state, codes);
  }

  /// Computes the codes of 16 numbers, with SIMD if the quantizer supports it.
  template <class Quantizer>
  static void code_block(const float (&x)[kernels::block_filters], const typename Quantizer::state& state,
                         kernels::byte_code<Quantizer::storage>* codes) {
    using numbers = kernels::float_vector<typename Packed::arch>;
    float rounded[kernels::block_filters];
    if constexpr (codes_vectors<Quantizer, numbers>) {
      for (std::size_t i = 0; i < kernels::block_filters; i += numbers::size)
        Quantizer::code(numbers::load_unaligned(x + i), state).store_unaligned(rounded + i);
    } else {
      for (int i = 0; i < kernels::block_filters; ++i) rounded[i] = static_cast<float>(Quantizer::code(x[i], state));
    }
    for (int i = 0; i < kernels::block_filters; ++i)
      codes[i] = static_cast<kernels::byte_code<Quantizer::storage>>(rounded[i]);
  }

  /// Writes the sums of the output rows [first, last) to memory.
  template <class Product>
  static void store_sums(const work& w, int first, int last) noexcept {
    auto* sums = reinterpret_cast<typename Product::sum_type*>(w.sums);
    if constexpr (std::is_same_v<typename Product::sum_type, float>) {
      Product::rows(w.window, w.operands, first, last, kernels::float_sink{sums});
    } else {
      Product::rows(w.window, w.operands, first, last,
                    kernels::sum_sink{sums, kernels::sum_stride(w.window.out.channels), w.window.out.width, first});
    }
  }

  /// Computes a stage's sums row by row and passes them to the trace. The run itself keeps no map of these sums.
  template <class Product>
  static void watch(const work& w) noexcept {
    for (int y = 0; y < w.window.out.height; ++y) {
      store_sums<Product>(w, y, y + 1);
      w.watcher->sums(w.layer, y, y + 1, reinterpret_cast<const typename Product::sum_type*>(w.sums));
    }
  }

  /// Computes the product and passes its sums to the sink `codes`, which may contain a max pool. The rows of the pooled
  /// map are split among threads. Product rows that no window of the pool reaches are skipped.
  template <class Product, class Codes>
  static void multiply_into(const work& w, const Codes& codes) noexcept {
    const int rows = w.pool.out.height;
    const int parts = std::min(w.parts, rows);
    parallel_for(parts, [&](int part) {
      Codes own = codes;
      own.first_window_row = rows * part / parts;
      own.last_window_row = rows * (part + 1) / parts;
      kernels::operands operands = w.operands;
      operands.scratch += static_cast<std::size_t>(part) * plan.size;
      const auto [first, last] = kernels::detail::rows_reached(w.pool, own.first_window_row, own.last_window_row);
      Product::rows(w.window, operands, first, last, own);
    });
  }

  /// Computes product, average pool and thresholds: the sums of each window are added up and then compared.
  template <class Product, class Codes>
  static void average(const work& w, const Codes& codes) noexcept {
    const int channels = w.window.out.channels;
    const auto stride = static_cast<std::ptrdiff_t>(kernels::sum_stride(channels));
    const std::ptrdiff_t row = w.window.out.width * stride;
    const auto* sums = reinterpret_cast<const std::int32_t*>(w.sums);
    for (int y = 0; y < w.pool.out.height; ++y) {
      const auto [first, last] = kernels::detail::rows_reached(w.pool, y, y + 1);
      store_sums<Product>(w, first, last);
      for (int x = 0; x < w.pool.out.width; ++x) {
        const tap_range columns =
            taps_inside(w.pool.in.width, w.pool.kernel.width, w.pool.stride.width, w.pool.padding.width, x);
        const int left = x * w.pool.stride.width - w.pool.padding.width;
        for (int c = 0; c < channels; c += kernels::block_filters) {
          std::int32_t totals[kernels::block_filters] = {};
          for (int ky = 0; ky < last - first; ++ky)
            for (int kx = columns.first; kx < columns.last; ++kx) {
              const std::int32_t* tap = sums + ky * row + (left + kx) * stride + c;
              for (int i = 0; i < kernels::block_filters; ++i) totals[i] += tap[i];
            }
          codes.put(y, x, c, std::min(channels - c, kernels::block_filters), totals);
        }
      }
    }
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

  /// Returns the values of a packed map. Floats are returned in place. Codes are unpacked into `to` and multiplied by
  /// the scale `unit`.
  template <class Quantizer>
  static const float* values(const std::byte* packed, shape s, float unit, float* to) noexcept {
    if constexpr (std::is_same_v<Quantizer, real>) {
      return reinterpret_cast<const float*>(packed);
    } else {
      kernels::unpack_inputs<operand_of<Quantizer>::storage, operand_of<Quantizer>::bits>(packed, s.pixels(),
                                                                                          s.channels, to);
      if (unit != 1)
        for (int k = 0; k < s.size(); ++k) to[k] *= unit;
      return to;
    }
  }

  /// Computes the whole map of sums and multiplies each channel by its scale.
  template <class Product>
  static void multiply(const work& w, const float* scales, float* to) noexcept {
    auto* sums = reinterpret_cast<typename Product::sum_type*>(w.sums);
    const int channels = w.window.out.channels;
    store_sums<Product>(w, 0, w.window.out.height);
    if (w.watcher != nullptr) w.watcher->sums(w.layer, 0, w.window.out.height, sums);
    for (int pixel = 0; pixel < w.window.out.pixels(); ++pixel, to += channels, sums += kernels::sum_stride(channels))
      for (int c = 0; c < channels; ++c) to[c] = rounded_product(static_cast<float>(sums[c]), scales[c]);
  }

  /// Packs the codes of one image's values, one word of channels at a time.
  template <class Quantizer>
  static void encode(const float* from, const typename Quantizer::state& state, std::byte* to, shape s) {
    using operand = operand_of<Quantizer>;
    for (int pixel = 0; pixel < s.pixels(); ++pixel, from += s.channels)
      for (int c = 0; c < s.channels; c += word_bits) {
        kernels::code<Quantizer::storage> codes[word_bits];
        const int count = std::min(word_bits, s.channels - c);
        for (int i = 0; i < count; ++i)
          codes[i] = static_cast<kernels::code<Quantizer::storage>>(Quantizer::code(from[c + i], state));
        kernels::pack_inputs<operand::storage, operand::bits>(codes, 1, count, to);
        to += kernels::pixel_bytes<operand::storage, operand::bits>(count);
      }
  }

  const Packed* network_;
  const std::byte* prepared_;
  std::byte* buffers_;
  int parts_;
};

}  // namespace detail

}  // namespace minnow
