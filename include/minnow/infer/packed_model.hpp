#pragma once

#include <span>
#include <utility>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/data/normalization.hpp>
#include <minnow/infer/stage.hpp>
#include <minnow/kernels/arch.hpp>

namespace minnow {

template <class Packed>
class session;
template <class Model, class Arch>
class packed;

namespace detail {

template <class Type>
inline constexpr bool is_packed = false;
template <class Model, class Arch>
inline constexpr bool is_packed<packed<Model, Arch>> = true;

template <class Packed, class Indices>
struct packed_stages;
template <class Packed, std::size_t... Stage>
struct packed_stages<Packed, std::index_sequence<Stage...>> : stage<Packed, Stage>... {};

}  // namespace detail

/// The packed form of a model: packed weights, and the constants of the other layers, such as thresholds. A run does
/// not change it, so any number of threads may share it; `session` holds the buffers of a run.
///
/// Model   a struct derived from `model<…>`
/// Arch    the architecture that its kernels are compiled for; by default the best that the compiler's flags allow
template <class Model, class Arch = kernels::best>
class packed {
public:
  using model = Model;
  using arch = Arch;
  using layer_graph = minnow::layer_graph<Model>;
  static constexpr std::size_t stages = detail::stages<Model>::count;
  static constexpr int classes = layer_graph::output.size();

  template <std::size_t Stage>
  [[nodiscard]] minnow::stage<packed, Stage>& stage() noexcept {
    return stages_;
  }
  template <std::size_t Stage>
  [[nodiscard]] const minnow::stage<packed, Stage>& stage() const noexcept {
    return stages_;
  }

  /// Calls f(i, stage) for every stage, from the first to the last. i is the stage's index as a std::integral_constant.
  template <class Function>
  void each_stage(Function&& f) {
    each_of(*this, f, std::make_index_sequence<stages>{});
  }
  template <class Function>
  void each_stage(Function&& f) const {
    each_of(*this, f, std::make_index_sequence<stages>{});
  }

  /// Normalization of each input channel, for images of floats and of bytes. Models that begin with pixels do not use
  /// it.
  normalization input;

  /// Returns the number of bits of all packed weights.
  [[nodiscard]] static constexpr std::size_t weight_bits() noexcept {
    return []<std::size_t... Stage>(std::index_sequence<Stage...>) {
      return (std::size_t{0} + ... + (8 * minnow::stage<packed, Stage>::weight_bytes));
    }(std::make_index_sequence<stages>{});
  }

  /// Returns the logits (N,classes) of N images (H,W,C), given as a span, a vector or an array. Allocates the buffers
  /// of a session in each call; a `session` object allocates them only once.
  ///
  /// throws  as session::run
  template <class Images>
  [[nodiscard]] std::vector<float> run(const Images& images) const {
    const std::span all(images);
    std::vector<float> logits(all.size() / index(layer_graph::input.size()) * index(classes));
    session<packed>(*this).run(images, logits);
    return logits;
  }

private:
  template <class Self, class Function, std::size_t... Stage>
  static void each_of(Self& self, Function& f, std::index_sequence<Stage...>) {
    (f(std::integral_constant<std::size_t, Stage>{}, self.template stage<Stage>()), ...);
  }

  detail::packed_stages<packed, std::make_index_sequence<stages>> stages_;
};

template <class NoModel, class Arch>
  requires(!model_description<NoModel>)
class packed<NoModel, Arch> : public detail::reading_of_no_model<NoModel> {
  using detail::reading_of_no_model<NoModel>::reading_of_no_model;
};

/// A session of a type that is not a packed network. The static assertion is then the only compile error.
template <class NotPacked>
  requires(!detail::is_packed<NotPacked>)
class session<NotPacked> {
  static_assert(
      detail::is_packed<NotPacked>,
      "minnow: a session runs a packed network, session<packed<M>>: pack(net) makes one of a trainable network");

public:
  template <class... Arguments>
  explicit session(Arguments&&...) noexcept {}
  template <class... Arguments>
  void run(Arguments&&...) noexcept {}
};

}  // namespace minnow
