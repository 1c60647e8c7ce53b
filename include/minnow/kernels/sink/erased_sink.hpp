#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

#include <minnow/core/index.hpp>
#include <minnow/kernels/layout/layout.hpp>
#include <minnow/kernels/sink/tile.hpp>

/// A sink whose type is erased, so that a kernel is compiled once for all sinks. The functions of the original sink are
/// called through pointers: once for each tile of pixels, and once for each panel, which holds the sink's constants for
/// some filters in one region (sink/sink.hpp).
namespace minnow::kernels {

/// The functions of a sink. A panel has the constants of one or two blocks of 16 filters.
struct sink_functions {
  struct panel {
    void (*make)(const void* sink, const void* base, int channel, int filters, std::byte* panel) noexcept;
    void (*put)(const std::byte* panel, const detail::cursor* at, int size, const void* counts, int stride) noexcept;
  };
  panel panels[2];  ///< the functions for one and for two blocks; null for plain_sums
  void (*put)(const void* sink, int y, int x, int channel, int filters, const std::int32_t* sums) noexcept;
};

namespace detail {

/// Bytes of the largest panel: the panel of a code_sink with 15 thresholds and two blocks of filters.
inline constexpr std::size_t most_panel_bytes = 64 + 15 * 2 * block_filters * sizeof(std::int32_t);

template <class Sink, int Factor, class Batch, std::size_t Vectors>
struct erased_panel {
  using type = typename Sink::template panel_of<Factor, Batch, Vectors>;
  static_assert(sizeof(type) <= most_panel_bytes && alignof(type) <= 64);
  using vectors = Batch[Vectors];

  static void make(const void* sink, const void* base, int channel, int filters, std::byte* panel) noexcept {
    new (panel) type(
        static_cast<const Sink*>(sink)->template panel<Factor>(*static_cast<const vectors*>(base), channel, filters));
  }
  static void put(const std::byte* panel, const detail::cursor* at, int size, const void* counts, int stride) noexcept {
    // The copy of a small panel stays in registers, because the numbers that the sink writes cannot change it.
    constexpr bool copies = sizeof(type) <= 64 + 4 * sizeof(vectors);
    const std::conditional_t<copies, type, const type&> typed = *std::launder(reinterpret_cast<const type*>(panel));
    const auto* tile = static_cast<const vectors*>(counts);
    for (int q = 0; q < size; ++q, tile += stride) typed.put(at[q].y, at[q].x, *tile);
  }
  static constexpr sink_functions::panel functions{make, put};
};

template <class Sink>
void put_erased(const void* sink, int y, int x, int channel, int filters, const std::int32_t* sums) noexcept {
  static_cast<const Sink*>(sink)->put(y, x, channel, filters, sums);
}

template <class Sink, class Counts>
inline constexpr sink_functions sink_functions_of{{}, put_erased<Sink>};
template <class Sink, int Factor, class Batch>
inline constexpr sink_functions sink_functions_of<Sink, counts_of<Factor, Batch>>{
    {erased_panel<Sink, Factor, Batch, counts_of<Factor, Batch>::vectors>::functions,
     erased_panel<Sink, Factor, Batch, 2 * counts_of<Factor, Batch>::vectors>::functions},
    put_erased<Sink>};

}  // namespace detail

/// A reference to a sink, with the interface described in sink/sink.hpp.
class erased_sink {
public:
  /// Counts   the kernel's counts_of, or plain_sums
  template <class Counts, class Sink>
  [[nodiscard]] static erased_sink of(const Sink& sink) noexcept {
    return {&sink, &detail::sink_functions_of<Sink, Counts>};
  }

  template <int Factor, class Batch, std::size_t Vectors>
  class panel_of {
    static constexpr std::size_t width = Vectors / counts_of<Factor, Batch>::vectors - 1;
    static_assert(width < 2);

  public:
    // The parameters have long names, because g++ -Wshadow compares them with the user's globals in a template's
    // constructor.
    panel_of(const erased_sink& erased, const Batch (&base)[Vectors], int first_channel, int filters_of_panel) noexcept
        : put_(erased.functions_->panels[width].put) {
      erased.functions_->panels[width].make(erased.sink_, base, first_channel, filters_of_panel, memory_);
    }
    void put(int y, int x, const Batch (&counts)[Vectors]) const noexcept {
      const detail::cursor at(y, x);
      put_(memory_, &at, 1, counts, 1);
    }
    void put_tile(const detail::cursor* at, int size, const Batch (*counts)[Vectors], int stride) const noexcept {
      put_(memory_, at, size, counts, stride);
    }

  private:
    decltype(sink_functions::panel::put) put_;
    alignas(64) std::byte memory_[detail::most_panel_bytes];
  };

  template <int Factor, class Batch, std::size_t Vectors>
  [[nodiscard]] panel_of<Factor, Batch, Vectors> panel(const Batch (&base)[Vectors], int channel,
                                                       int filters) const noexcept {
    return {*this, base, channel, filters};
  }
  void put(int y, int x, int channel, int filters, const std::int32_t* sums) const noexcept {
    functions_->put(sink_, y, x, channel, filters, sums);
  }

private:
  erased_sink(const void* sink, const sink_functions* functions) noexcept : sink_(sink), functions_(functions) {}

  const void* sink_;
  const sink_functions* functions_;
};

}  // namespace minnow::kernels
