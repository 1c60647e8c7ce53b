#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>

#include <minnow/core/affine.hpp>
#include <minnow/core/error.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/infer/arena.hpp>
#include <minnow/infer/packed_model.hpp>
#include <minnow/infer/runner.hpp>

namespace minnow {

namespace detail {

/// Contiguous numbers that hold images: a span, a vector, an array.
template <class Images>
concept image_numbers = requires(const Images& images) { std::span(images); };
template <image_numbers Images>
using image_number = std::remove_cvref_t<decltype(*std::data(std::declval<const Images&>()))>;

/// Checks the lengths of a run's arrays: there must be only whole images, and exactly one row of logits for each image.
[[nodiscard]] inline status check_run(std::size_t numbers, std::size_t image, std::size_t logits,
                                      std::size_t classes) noexcept {
  if (numbers % image != 0)
    return status::failure("run: expected whole images of %zu numbers, found %zu", image, numbers);
  if (logits != numbers / image * classes)
    return status::failure("run: expected room for %zu logits of %zu images, found %zu", numbers / image * classes,
                           numbers / image, logits);
  return {};
}

}  // namespace detail

/// The buffers of a run, in one arena (block of memory) of `arena_bytes` bytes. A session serves one caller at a time;
/// many sessions may share a packed network.
template <class Packed>
class session {
  using layer_graph = typename Packed::layer_graph;
  static constexpr auto plan = detail::arena_plan<Packed>::make();

public:
  /// Prepares the buffers. The network must outlive the session.
  ///
  /// threads   maximum number of threads of run(), which split the images, or the rows of a single image. Has an effect
  ///           only if the program is compiled with OpenMP, and never exceeds minnow::threads(). The result is the same
  ///           for any number of threads. Values below 1 mean 1, values above 1024 mean 1024
  /// throws    if the network's normalization does not match its channels
  [[gnu::noinline]] explicit session(const Packed& network, int threads = 1)
      : network_(&network), threads_(usable(threads)), arena_(arena_bytes(threads_)) {
    if constexpr (!layer_graph::takes_pixels) require(network.input.check(layer_graph::input.channels, "session"));
    network.each_stage([&](auto s, const auto& st) {
      using stage_type = std::remove_cvref_t<decltype(st)>;
      if constexpr (stage_type::plan::has_product)
        stage_type::product::prepare(stage_type::plan::window, st.weights.data(), arena_.data() + plan.prepared[s],
                                     detail::zero_of_map<stage_type::plan::source>(network));
    });
  }
  /// Deleted: a session keeps a reference to the network, so the network must not be a temporary object.
  explicit session(const Packed&& network, int threads = 1) = delete;

  /// Returns the size of the arena in bytes.
  [[nodiscard]] static constexpr std::size_t arena_bytes(int threads = 1) noexcept {
    return plan.prepared_size + plan.size * index(usable(threads));
  }

  /// Checks whether run() accepts these numbers of image values and of logits, for callers that avoid exceptions.
  [[nodiscard]] static status check(std::size_t numbers, std::size_t logits) noexcept {
    return detail::check_run(numbers, index(layer_graph::input.size()), logits, index(Packed::classes));
  }

  /// Computes the logits (N,classes) of N images (H,W,C). Allocates nothing.
  ///
  /// images   a span, a vector or an array of N · H·W·C bytes. If the model does not begin with pixels, the numbers may
  ///          also be floats, signed bytes (1 stands for 1 / 128) or signed 16-bit numbers (1 stands for 1 / 32768)
  /// logits   N · classes floats
  /// throws   if the lengths do not match, before anything is written (if compiled without exceptions, the program
  ///          ends); also whatever a user's quantizer or layer throws
  template <detail::image_numbers Images>
  void run(const Images& images, std::span<float> logits, trace* watcher = nullptr) {
    using Element = detail::image_number<Images>;
    static_assert(detail::input_number<Element>, "minnow: images are bytes, 16-bit integers or 32-bit floats");
    static_assert(std::is_same_v<Element, std::uint8_t> || !layer_graph::takes_pixels,
                  "minnow: a model that begins with pixels takes images of bytes");
    constexpr auto size = index(layer_graph::input.size());
    const std::span all(images);
    const std::size_t numbers = all.size(), count = numbers / size;
    // The lengths are compared here first, so that a valid run does not construct a status.
    if (count * size != numbers || count * index(Packed::classes) != logits.size()) [[unlikely]]
      require(check(numbers, logits.size()));
    run_images(all.data(), count, logits.data(), watcher);
  }

  /// Runs stage `Stage` and all later ones, starting from packed codes of the stage's inputs.
  ///
  /// map      packed codes, at most as many bytes as the stage's packed input map has
  /// logits   `classes` floats
  /// throws   as run
  template <std::size_t Stage>
  void run_from(std::span<const std::byte> map, float* logits, trace* watcher = nullptr) {
    constexpr std::size_t bytes = detail::arena_plan<Packed>::template input_bytes<Stage>();
    if (map.size() > bytes)
      require(status::failure("run_from: expected at most %zu bytes of a packed map, found %zu", bytes, map.size()));
    part_of(0, threads_).template run_from<Stage>(map, logits, watcher);
  }

private:
  [[nodiscard]] static constexpr int usable(int threads) noexcept {
    return (std::clamp)(threads, 1, detail::most_threads);
  }

  template <class Element>
  void run_images(const Element* images, std::size_t count, float* logits, trace* watcher) {
    constexpr auto size = index(layer_graph::input.size());
    constexpr auto classes = index(Packed::classes);
    // If a trace watches the run, images run one after another.
    const int parts = watcher != nullptr ? 1 : static_cast<int>(std::min(index(threads_), count));
    if (parts <= 1) {
      auto whole = part_of(0, threads_);
      for (std::size_t n = 0; n < count; ++n) whole.run(images + n * size, logits + n * classes, watcher);
      return;
    }
    parallel_for(parts, [&](int part) {
      auto own = part_of(part, 1);
      const std::size_t last = count * index(part + 1) / index(parts);
      for (std::size_t n = count * index(part) / index(parts); n < last; ++n)
        own.run(images + n * size, logits + n * classes, nullptr);
    });
  }

  /// Returns a runner for images that are each computed by `helpers` threads together. It uses the buffers of these
  /// threads, from thread `part` to thread part + helpers - 1.
  [[nodiscard]] detail::runner<Packed> part_of(int part, int helpers) noexcept {
    return {*network_, arena_.data(), arena_.data() + plan.prepared_size + index(part) * plan.size, helpers};
  }

  const Packed* network_;
  int threads_;
  detail::aligned_bytes arena_;
};

}  // namespace minnow
