#pragma once

#include <minnow/layers/channel_magnitude.hpp>
#include <minnow/layers/graph/lowering.hpp>
#include <minnow/layers/join.hpp>
#include <minnow/layers/pool.hpp>

namespace minnow {

/// A product whose output at each position is multiplied by the mean magnitude of the inputs in the position's window.
/// The product usually has binary inputs, whose levels have no scale of their own. The padding counts as zeros in the
/// mean.
///
/// in, out  as Product
/// Product  conv<Filters, scheme<Inputs, Weights>, Options…> without groups, with a padding of at most half its kernel;
///          or dense<Units, scheme<Inputs, Weights>>, whose window is the whole input
/// paths    of a block that is layer 3 of the model: "3.scale.0" for the magnitudes, "3.scale.1" for their mean over
///          the window, "3.product" (and "3.product.inputs" for the quantizer) and "3" for the multiplication
/// source   Rastegari et al. 2016 (XNOR-Net), Eq. 11: K = A * k, where A is the mean of |I| over the channels of the
///          input I, and k is a box of the window's size whose elements are 1 / (width · height). The scales of the
///          weights are the weights' quantizer (`scaled_sign`). The gradient passes through K as well; the paper does
///          not say whether it should
template <class Product>
struct window_scaled;

namespace detail {

/// The mean over the windows of a product.
template <class Product>
struct window_mean;
template <int Filters, class Scheme, class... Options>
struct window_mean<conv<Filters, Scheme, Options...>> {
  static constexpr window over = conv<Filters, Scheme, Options...>::window;
  static_assert(over.groups == 1,
                "minnow: a window_scaled product has no groups, because its scale is the mean over "
                "all channels");
  static_assert(!over.keeps_size, "minnow: a window_scaled product takes padding<>, not same");
  using type =
      average_pool<1, kernel<over.kernel.height, over.kernel.width>, stride<over.stride.height, over.stride.width>,
                   padding<over.padding.height, over.padding.width, over.end_padding.height, over.end_padding.width>>;
};
template <int Units, class Scheme>
struct window_mean<dense<Units, Scheme>> {
  using type = global_average_pool;
};

template <class Product>
struct expansion<window_scaled<Product>> {
  static_assert(
      requires { sizeof(window_mean<Product>); },
      "minnow: window_scaled takes conv<Filters, Scheme, Options...> or dense<Units, Scheme>");
  using scale = chain<channel_magnitude, typename window_mean<Product>::type>;
  using type =
      typename concat<typename expansion<scale>::type, typename expansion<Product>::type, list<scale_positions>>::type;

  template <class Graph>
  static constexpr void describe(text prefix, Graph& out) {
    out.fork();
    expansion<scale>::describe(text(prefix) << ".scale", out);
    out.turn();
    expansion<Product>::describe(text(prefix) << ".product", out);
    out.join(prefix);
  }
};

}  // namespace detail

}  // namespace minnow
