#pragma once

#include <algorithm>
#include <cassert>
#include <cstring>

#include <minnow/infer/packed.hpp>

namespace minnow {

/// Sees what lies between image and logits: derive from it to look inside a run.
class trace {
public:
  /// A product's sums, output rows [first_row, last_row): rows of out.width · kernels::sum_stride(F) numbers. Rows that
  /// overlapping pools need twice come twice.
  virtual void sums(std::size_t /*layer*/, int /*first_row*/, int /*last_row*/, const std::int32_t* /*sums*/) noexcept {}
  virtual void sums(std::size_t /*layer*/, int /*first_row*/, int /*last_row*/, const float* /*sums*/) noexcept {}
  /// The packed map that a quantize layer hands on.
  virtual void map(std::size_t /*layer*/, const std::byte* /*packed*/) noexcept {}

protected:
  ~trace() = default;
};

namespace detail {

/// Where the buffers of a run lie in a session's arena. All sizes follow from the model.
template <class Packed>
struct arena_plan {
  std::array<std::size_t, 2> maps{};  ///< the packed map that is read and the one that is written
  std::size_t sums = 0;
  std::array<std::size_t, 2> floats{};
  std::size_t scratch = 0;
  std::array<std::size_t, Packed::stages> prepared{};
  std::size_t size = 0;

  static constexpr std::size_t padding = 64;

  template <quantizer Q>
  static constexpr std::size_t map_bytes(shape s) {
    return kernels::input_bytes<Q::storage, Q::storage == encoding::power_of_two ? Q::bits : 3>(s);
  }

  static constexpr arena_plan make() {
    arena_plan a;
    std::size_t map = map_bytes<typename stage_plan<typename Packed::model, 0>::inputs>(Packed::flat::input);
    std::size_t sum = 0;
    std::size_t number = static_cast<std::size_t>(Packed::flat::input.size());
    std::size_t scratch_size = 0;
    std::array<std::size_t, Packed::stages> prepared_sizes{};
    [&]<std::size_t... S>(std::index_sequence<S...>) {
      (
          [&] {
            using st = stage<Packed, S>;
            using plan = typename st::plan;
            map = std::max(map, map_bytes<typename plan::outputs>(plan::out));
            if constexpr (plan::has_product) {
              const std::size_t row = static_cast<std::size_t>(plan::window.out.width) * static_cast<std::size_t>(kernels::sum_stride(plan::window.out.channels));
              sum = std::max(sum, row * static_cast<std::size_t>(plan::folds ? plan::pool_window.kernel.height : plan::window.out.height) +
                                        static_cast<std::size_t>(kernels::sum_stride(plan::window.out.channels)));
              scratch_size = std::max(scratch_size, st::product::scratch_bytes(plan::window));
              prepared_sizes[S] = st::product::prepared_bytes(plan::window);
            }
            if constexpr (!plan::folds) {
              number = std::max(number, static_cast<std::size_t>(plan::window.out.size()));
              [&]<std::size_t... I>(std::index_sequence<I...>) {
                ((number = std::max(number, static_cast<std::size_t>(Packed::flat::template out<plan::ops_begin + I>.size()))), ...);
              }(typename plan::indices{});
            }
          }(),
          ...);
    }(std::make_index_sequence<Packed::stages>{});
    const auto place = [&](std::size_t bytes) {
      const std::size_t at = a.size;
      a.size = round_up(a.size + bytes + padding, 64);
      return at;
    };
    a.maps = {place(map), place(map)};
    a.sums = place(sum * 4);
    a.floats = {place(number * 4), place(number * 4)};
    a.scratch = place(scratch_size);
    for (std::size_t s = 0; s < Packed::stages; ++s) a.prepared[s] = prepared_sizes[s] == 0 ? 0 : place(prepared_sizes[s]);
    return a;
  }
};

}  // namespace detail

/// The buffers of a run, in one arena whose size is known. One session serves one thread; many may share a packed network.
template <class Packed>
class session {
  using flat = typename Packed::flat;
  static constexpr auto plan = detail::arena_plan<Packed>::make();

public:
  /// The network must outlive the session.
  explicit session(const Packed& network) : network_(&network), arena_(plan.size) {
    network.each_stage([&](auto s, const auto& st) {
      using stage_type = std::remove_cvref_t<decltype(st)>;
      if constexpr (stage_type::plan::has_product)
        stage_type::product::prepare(stage_type::plan::window, st.weights.data(), arena_.data() + plan.prepared[s]);
    });
  }

  /// Bytes of the arena.
  [[nodiscard]] static constexpr std::size_t arena_bytes() noexcept { return plan.size; }

  /// images (N,H,W,C) -> logits (N,classes); bytes, or floats where the model does not begin with pixels.
  ///
  /// requires  images.size() = N · H·W·C, logits.size() = N · classes
  /// throws    never; allocates nothing
  template <class T>
  void run(std::span<const T> images, std::span<float> logits, trace* watcher = nullptr) noexcept {
    static_assert(sizeof(T) == 1 || !flat::takes_pixels, "minnow: a model that begins with pixels takes images of bytes");
    constexpr auto size = static_cast<std::size_t>(flat::input.size());
    constexpr auto classes = static_cast<std::size_t>(Packed::classes);
    assert(images.size() % size == 0 && "whole images");
    assert(logits.size() == images.size() / size * classes && "one row of logits for each image");
    for (std::size_t n = 0; n * size < images.size(); ++n) {
      take(images.data() + n * size);
      finish<0>(logits.data() + n * classes, watcher);
    }
  }

  /// Runs stage S and those behind it from codes of S's inputs, already packed.
  template <std::size_t S>
  void run_from(std::span<const std::byte> map, float* logits, trace* watcher = nullptr) noexcept {
    std::copy(map.begin(), map.end(), at(plan.maps[0]));
    reading_ = 0;
    finish<S>(logits, watcher);
  }

private:
  template <std::size_t S>
  using stage_at = minnow::stage<Packed, S>;

  [[nodiscard]] std::byte* at(std::size_t offset) noexcept { return arena_.data() + offset; }
  [[nodiscard]] float* floats(int which) noexcept { return reinterpret_cast<float*>(at(plan.floats[static_cast<std::size_t>(which)])); }
  [[nodiscard]] std::byte* map(bool written) noexcept { return at(plan.maps[static_cast<std::size_t>(written ? 1 - reading_ : reading_)]); }

  template <class T>
  void take(const T* image) noexcept {
    reading_ = 0;
    constexpr int size = flat::input.size();
    if constexpr (flat::takes_pixels) {
      std::memcpy(map(false), image, static_cast<std::size_t>(size));
    } else {
      float* to = floats(0);
      for (int c = 0; c < flat::input.channels; ++c) {
        const affine a = network_->input.template of_channel<T>(c);
        for (int k = c; k < size; k += flat::input.channels) to[k] = a(static_cast<float>(image[k]));
      }
      if constexpr (stage_at<0>::plan::has_product)
        kernels::pack_inputs<encoding::real>(to, flat::input.pixels(), flat::input.channels, map(false));
    }
  }

  template <std::size_t S>
  void finish(float* logits, trace* watcher) noexcept {
    if constexpr (S == Packed::stages) {
      std::copy_n(reinterpret_cast<const float*>(map(false)), Packed::classes, logits);
    } else {
      if constexpr (stage_at<S>::plan::flattens)
        kernels::flatten_inputs<stage_at<S>::plan::inputs::storage, detail::operand_of<typename stage_at<S>::plan::inputs>::bits>(
            map(false), stage_at<S>::plan::in.pixels(), stage_at<S>::plan::in.channels);
      if constexpr (stage_at<S>::plan::folds) run_folded<S>(watcher);
      else run_floats<S>(watcher);
      reading_ = 1 - reading_;
      if constexpr (stage_at<S>::plan::has_quantizer)
        if (watcher != nullptr) watcher->map(stage_at<S>::plan::end - 1, map(false));
      finish<S + 1>(logits, watcher);
    }
  }

  /// What the loops of a stage need of it, as numbers: they are compiled for its quantizers and not for its place.
  struct work {
    geometry window;
    geometry pool;
    std::size_t layer;
    const std::byte* inputs;
    const std::byte* weights;
    const std::byte* prepared;
    std::byte* sums;
    std::byte* scratch;
    std::byte* outputs;
    trace* watcher;
  };
  template <std::size_t S>
  [[nodiscard]] work work_of(trace* watcher) noexcept {
    using p = typename stage_at<S>::plan;
    return {p::window, p::pool_window, p::begin, map(false), network_->template stage<S>().weights.data(), at(plan.prepared[S]), at(plan.sums), at(plan.scratch), map(true), watcher};
  }

  template <std::size_t S>
  void run_folded(trace* watcher) noexcept {
    using p = typename stage_at<S>::plan;
    constexpr int pooling = p::pools == 0 ? 0 : p::template averages<p::pools == 0 ? 0 : p::pool> ? 2 : 1;
    folded<typename stage_at<S>::product, typename p::outputs, pooling>(work_of<S>(watcher), network_->template stage<S>().constants.limits);
  }

  /// Product, pool (0 none, 1 extreme, 2 sum) and thresholds, by rows of the pooled map.
  template <class Product, class Q, int Pooling>
  static void folded(const work& w, const thresholds& t) noexcept {
    const int channels = w.window.out.channels;
    const auto stride = static_cast<std::size_t>(t.stride);
    const std::size_t row = static_cast<std::size_t>(w.window.out.width) * stride;
    const std::size_t pixel_bytes = kernels::pixel_bytes<Q::storage, Q::bits>(channels);
    auto* sums = reinterpret_cast<std::int32_t*>(w.sums);
    std::byte* to = w.outputs;
    for (int y = 0; y < w.pool.out.height; ++y) {
      const int first = y * w.pool.stride.height;
      Product::rows(w.window, w.inputs, w.weights, w.prepared, sums, w.scratch, first, first + w.pool.kernel.height);
      if (w.watcher != nullptr) w.watcher->sums(w.layer, first, first + w.pool.kernel.height, sums);
      for (int x = 0; x < w.pool.out.width; ++x, to += pixel_bytes) {
        std::int32_t* pixel = sums + static_cast<std::size_t>(x * w.pool.stride.width) * stride;
        // Windows that overlap read their sums again, so the pool's result has a place of its own behind them.
        std::int32_t* pooled = pixel;
        if constexpr (Pooling > 0) {
          pooled = sums + static_cast<std::size_t>(w.pool.kernel.height) * row;
          pool_sums<Pooling == 2>(w.pool, t, pixel, row, pooled);
        }
        detail::encode_sums<Q, typename Packed::arch>(t, pooled, channels, to);
      }
    }
  }

  /// One window's sums to their total, or to the extreme that the thresholds ask for.
  template <bool Adds>
  static void pool_sums(const geometry& pool, const thresholds& t, const std::int32_t* window, std::size_t row, std::int32_t* pooled) noexcept {
    const auto stride = static_cast<std::size_t>(t.stride);
    for (int ky = 0; ky < pool.kernel.height; ++ky)
      for (int kx = 0; kx < pool.kernel.width; ++kx) {
        const std::int32_t* tap = window + static_cast<std::size_t>(ky) * row + static_cast<std::size_t>(kx) * stride;
        for (std::size_t c = 0; c < stride; ++c) {
          if (ky == 0 && kx == 0) {
            pooled[c] = tap[c];
          } else if constexpr (Adds) {
            pooled[c] += tap[c];
          } else {
            // ~x reverses the order, so one maximum serves both extremes.
            const std::int32_t turn = t.flip[c] ^ t.smallest[c];
            pooled[c] = std::max(pooled[c] ^ turn, tap[c] ^ turn) ^ turn;
          }
        }
      }
  }

  /// Product into floats, each layer in turn, and the quantizer.
  template <std::size_t S>
  void run_floats(trace* watcher) noexcept {
    using p = typename stage_at<S>::plan;
    const auto& self = network_->template stage<S>();
    int now = 0;
    if constexpr (p::has_product) {
      multiply<typename stage_at<S>::product>(work_of<S>(watcher), self.constants.scales.data(), floats(0));
    } else if constexpr (p::begin > 0) {
      // Behind a quantizer that no product follows: the values of its codes.
      using q = detail::operand_of<typename p::inputs>;
      float* to = floats(0);
      kernels::unpack_inputs<q::storage, q::bits>(map(false), p::in.pixels(), p::in.channels, to);
      for (int k = 0; k < p::in.size(); ++k) to[k] *= self.constants.scales[0];
    }
    self.each_op([&](auto, const auto& reading) {
      reading.run(floats(now), floats(1 - now));
      now = 1 - now;
    });
    encode<typename p::outputs>(floats(now), self.constants.out_state, map(true), p::out);
  }

  /// A whole map of sums, scaled.
  template <class Product>
  static void multiply(const work& w, const float* scales, float* to) noexcept {
    auto* sums = reinterpret_cast<typename Product::sum_type*>(w.sums);
    const int channels = w.window.out.channels;
    Product::rows(w.window, w.inputs, w.weights, w.prepared, sums, w.scratch, 0, w.window.out.height);
    if (w.watcher != nullptr) w.watcher->sums(w.layer, 0, w.window.out.height, sums);
    for (int pixel = 0; pixel < w.window.out.pixels(); ++pixel, to += channels, sums += kernels::sum_stride(channels))
      for (int c = 0; c < channels; ++c) to[c] = static_cast<float>(sums[c]) * scales[c];
  }

  /// Values of one image to packed codes, a word of channels at a time.
  template <class Q>
  static void encode(const float* from, const typename Q::state& state, std::byte* to, shape s) noexcept {
    using operand = detail::operand_of<Q>;
    for (int pixel = 0; pixel < s.pixels(); ++pixel, from += s.channels)
      for (int c = 0; c < s.channels; c += word_bits) {
        kernels::code<Q::storage> codes[word_bits];
        const int count = std::min(word_bits, s.channels - c);
        for (int i = 0; i < count; ++i) codes[i] = static_cast<kernels::code<Q::storage>>(Q::code(from[c + i], state));
        kernels::pack_inputs<operand::storage, operand::bits>(codes, 1, count, to);
        to += kernels::pixel_bytes<operand::storage, operand::bits>(count);
      }
  }

  const Packed* network_;
  detail::aligned_bytes arena_;
  std::size_t reading_ = 0;
};

}  // namespace minnow
