#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/quantize/concept.hpp>

namespace minnow::detail {

/// Divides a product's weights into the parts that share a quantizer's state: all weights, the weights of a filter, or
/// groups of a filter's weights (`Quantizer::group`). The states of a filter are consecutive.
template <quantizer Quantizer>
class weight_groups {
  static constexpr bool is_grouped = requires { Quantizer::group; };
  static_assert(!is_grouped || Quantizer::per_channel,
                "minnow: a quantizer with groups of weights has per_channel = true");

public:
  explicit weight_groups(const geometry& g)
      : filters_(Quantizer::per_channel ? index(g.out.channels) : 1),
        rows_(index(g.out.channels) * index(g.kernel.height) * index(g.kernel.width)),
        channels_(index(g.group_channels())) {}

  /// Number of states.
  [[nodiscard]] std::size_t count() const noexcept { return is_grouped ? rows_ * row_groups() : filters_; }
  /// Number of states of one filter.
  [[nodiscard]] std::size_t of_filter() const noexcept { return count() / filters_; }
  /// Index of a filter's first state.
  [[nodiscard]] std::size_t of(int filter) const noexcept {
    return Quantizer::per_channel ? index(filter) * of_filter() : 0;
  }

  /// Calls visit(s, first, count) for each state s, whose weights are the `count` weights from `first` on.
  template <class Visit>
  void visit(Visit&& visit) const {
    if constexpr (is_grouped) {
      std::size_t s = 0;
      for (std::size_t row = 0; row < rows_; ++row)
        for (std::size_t c = 0; c < channels_; c += group)
          visit(s++, row * channels_ + c, (std::min)(group, channels_ - c));
    } else {
      const std::size_t size = rows_ * channels_ / filters_;
      for (std::size_t s = 0; s < filters_; ++s) visit(s, s * size, size);
    }
  }

  /// Updates all states from the weights. Returns false if the weights hold a NaN or an infinity.
  [[nodiscard]] bool measure(const float* weights, std::span<typename Quantizer::state> states) const {
    bool sound = true;
    visit([&](std::size_t s, std::size_t first, std::size_t count) {
      if (!Quantizer::observe(states[s], std::span<const float>(weights + first, count), role::weights)) sound = false;
    });
    if constexpr (is_grouped)
      for (std::size_t s = 0; s < states.size(); s += of_filter()) Quantizer::share(states.subspan(s, of_filter()));
    return sound;
  }

private:
  static constexpr std::size_t group = [] {
    if constexpr (is_grouped) return index(Quantizer::group);
    else return std::size_t{1};
  }();
  [[nodiscard]] std::size_t row_groups() const noexcept { return (channels_ + group - 1) / group; }

  std::size_t filters_;   ///< 1 if the tensor has one state
  std::size_t rows_;      ///< filters times positions of the kernel
  std::size_t channels_;  ///< weights of a row
};

}  // namespace minnow::detail
