#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <minnow/core/text.hpp>

namespace minnow::detail {

/// The index that denotes the image instead of a layer.
inline constexpr std::size_t image_input = ~std::size_t{0};

/// The graph of a model, built layer by layer. It holds the path of each layer and the results that the layer reads.
template <std::size_t Count>
class graph {
public:
  std::array<text, Count> paths{};
  std::array<std::size_t, Count> from{};    ///< the layer whose result is the input, or image_input
  std::array<std::size_t, Count> second{};  ///< the same for the second input of a layer with two inputs
  std::array<int, Count> readers{};         ///< number of layer inputs that read this result
  int image_readers = 0;                    ///< number of layer inputs that read the image

  constexpr void layer(const text& path) {
    paths[count_] = path;
    from[count_] = read(here_);
    second[count_] = image_input;
    here_ = count_++;
  }
  /// Starts a fork: two branches will read the current result.
  constexpr void fork() { forks_[depth_++] = here_; }
  /// Ends the first branch and starts the second one at the fork.
  constexpr void turn() { (std::swap)(here_, forks_[depth_ - 1]); }
  /// Joins the branches. The result of the branch that was built last is the join's first input.
  constexpr void join(const text& path) {
    const std::size_t at = count_;
    layer(path);
    second[at] = read(forks_[--depth_]);
  }

private:
  constexpr std::size_t read(std::size_t layer) {
    ++(layer == image_input ? image_readers : readers[layer]);
    return layer;
  }

  std::size_t count_ = 0;
  std::size_t here_ = image_input;
  std::array<std::size_t, 16> forks_{};
  std::size_t depth_ = 0;
};

}  // namespace minnow::detail
