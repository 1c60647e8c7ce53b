#pragma once

#include <minnow/layers/activation.hpp>
#include <minnow/layers/batch_norm.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/model.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/layers/residual.hpp>
#include <minnow/zoo/schemes.hpp>

namespace minnow::zoo {

namespace detail {

/// A 1x1 convolution to 4 · Growth channels (the bottleneck), then a 3x3 convolution to the `Growth` channels that a
/// dense block appends to its input.
template <class Schemes, int Growth>
using dense_layer =
    chain<batch_norm, typename Schemes::activation, conv<4 * Growth, typename Schemes::inner, kernel<1>, padding<0>>,
          batch_norm, typename Schemes::activation, conv<Growth, typename Schemes::inner>>;

template <class Schemes, int Channels>
using transition = chain<batch_norm, typename Schemes::activation,
                         conv<Channels, typename Schemes::inner, kernel<1>, padding<0>>, average_pool<2>>;

}  // namespace detail

/// DenseNet-BC for 32x32 images: three dense blocks with bottlenecks, and transitions that halve the channels.
///
/// Depth, Growth  100 and 12 for the smallest network of the paper
/// source         Huang et al. 2017, 3 and 4.2
template <int Depth, int Growth, class Schemes, int Classes = 10>
struct densenet_bc {
  static_assert(Depth > 4 && (Depth - 4) % 6 == 0, "minnow: the depth of a DenseNet-BC is 6 n + 4");
  static constexpr int layers = (Depth - 4) / 6;
  static constexpr int first = (2 * Growth + layers * Growth) / 2;
  static constexpr int second = (first + layers * Growth) / 2;

  using block = dense_block<layers, detail::dense_layer<Schemes, Growth>>;
  using input = image<3, 32, 32>;
  using parts = list<conv<2 * Growth, typename Schemes::first>, block, detail::transition<Schemes, first>, block,
                     detail::transition<Schemes, second>, block, batch_norm, typename Schemes::activation,
                     global_average_pool, dense<Classes, typename Schemes::last>, bias>;
};

}  // namespace minnow::zoo
