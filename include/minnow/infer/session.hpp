#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>

#include <minnow/core/parallel.hpp>
#include <minnow/infer/arena.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/infer/runner.hpp>

namespace minnow {

/// The buffers of a run, in one arena whose size is known. A session is run by one caller at a time; many sessions may
/// share a packed network.
template <class Packed>
class session {
  using flat = typename Packed::flat;
  static constexpr auto plan = detail::arena_plan<Packed>::make();

public:
  /// The network must outlive the session.
  ///
  /// threads   how many run() may use at most, images split among them, or the rows of a single image: only where the
  ///           program is compiled with OpenMP, and never more than minnow::threads(). The result is the same for any.
  [[gnu::noinline]] explicit session(const Packed& network, int threads = 1)
      : network_(&network), threads_(std::max(threads, 1)), arena_(arena_bytes(threads_)) {
    network.each_stage([&](auto s, const auto& st) {
      using stage_type = std::remove_cvref_t<decltype(st)>;
      if constexpr (stage_type::plan::has_product)
        stage_type::product::prepare(stage_type::plan::window, st.weights.data(), arena_.data() + plan.prepared[s]);
    });
  }

  /// Bytes of the arena.
  [[nodiscard]] static constexpr std::size_t arena_bytes(int threads = 1) noexcept {
    return plan.prepared_size + plan.size * static_cast<std::size_t>(threads);
  }

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
    const std::size_t count = images.size() / size;
    // A watcher sees one image after the other.
    const int parts = watcher != nullptr ? 1 : static_cast<int>(std::min(static_cast<std::size_t>(threads_), count));
    if (parts <= 1) {
      auto whole = part_of(0, threads_);
      for (std::size_t n = 0; n < count; ++n) whole.run(images.data() + n * size, logits.data() + n * classes, watcher);
      return;
    }
    parallel_for(parts, [&](int part) {
      auto own = part_of(part, 1);
      const std::size_t last = count * static_cast<std::size_t>(part + 1) / static_cast<std::size_t>(parts);
      for (std::size_t n = count * static_cast<std::size_t>(part) / static_cast<std::size_t>(parts); n < last; ++n)
        own.run(images.data() + n * size, logits.data() + n * classes, nullptr);
    });
  }

  /// Runs stage S and those behind it from codes of S's inputs, already packed.
  template <std::size_t S>
  void run_from(std::span<const std::byte> map, float* logits, trace* watcher = nullptr) noexcept {
    part_of(0, threads_).template run_from<S>(map, logits, watcher);
  }

private:
  /// The buffers of thread `part`, and of those behind it that help with one image.
  [[nodiscard]] detail::runner<Packed> part_of(int part, int helpers) noexcept {
    return {*network_, arena_.data(), arena_.data() + plan.prepared_size + static_cast<std::size_t>(part) * plan.size, helpers};
  }

  const Packed* network_;
  int threads_;
  detail::aligned_bytes arena_;
};

}  // namespace minnow
