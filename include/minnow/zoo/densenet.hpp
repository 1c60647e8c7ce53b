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

/// A bottleneck of 4 · Growth channels, followed by a convolution to the Growth channels that the layer adds.
template <class Scheme, int Growth>
using dense_layer =
    chain<batch_norm, relu, conv<4 * Growth, Scheme, kernel<1>, padding<0>>, batch_norm, relu, conv<Growth, Scheme>>;

template <class Scheme, int Channels>
using transition = chain<batch_norm, relu, conv<Channels, Scheme, kernel<1>, padding<0>>, average_pool<2>>;

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

  using inner = typename Schemes::inner;
  using block = dense_block<layers, detail::dense_layer<inner, Growth>>;
  using input = image<3, 32, 32>;
  using parts = list<conv<2 * Growth, typename Schemes::first>, block, detail::transition<inner, first>, block,
                     detail::transition<inner, second>, block, batch_norm, relu, global_average_pool,
                     dense<Classes, typename Schemes::last>, bias>;
};

}  // namespace minnow::zoo
