#pragma once

// The networks to measure, untrained, because their speed does not depend on their weights.

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <minnow/minnow.hpp>
#include <minnow/zoo/convnet.hpp>

#include "measure.hpp"

namespace bench {

namespace mn = minnow;

template <int Filters, class Scheme>
using block = mn::chain<mn::conv<Filters, Scheme>, mn::batch_norm>;
template <int Units, class Scheme>
using dense_block = mn::chain<mn::dense<Units, Scheme>, mn::batch_norm>;

// The ConvNets of MINW-Net (Chen et al. 2020) and BinaryNet (Courbariaux et al. 2016) for 32x32 color images. `First`
// is the quantizer of the image: pixels for bytes, real for floats.
template <class Scheme, class First = mn::pixels>
using model_a = mn::zoo::model_a<mn::zoo::image_schemes<Scheme, First>>;
template <class Scheme, class First = mn::pixels>
using model_b = mn::zoo::model_b<mn::zoo::image_schemes<Scheme, First>>;
template <class Scheme, class First = mn::pixels>
using model_c = mn::zoo::model_c<mn::zoo::image_schemes<Scheme, First>>;
template <class Scheme, class First = mn::pixels>
using model_d = mn::zoo::model_d<mn::zoo::image_schemes<Scheme, First>>;
template <class Scheme, class First = mn::pixels>
using binary_net = mn::zoo::binary_net<mn::zoo::image_schemes<Scheme, First>>;

/// A multilayer perceptron for images of digits: 784-1024-1024-1024-10.
template <class Scheme>
struct perceptron : mn::model<mn::features<784>, dense_block<1024, mn::scheme<mn::pixels, typename Scheme::weights>>,
                              dense_block<1024, Scheme>, dense_block<1024, Scheme>, dense_block<10, Scheme>> {};

/// A layer from a map of Side x Side x Channels to a map of the same shape. A last layer with one output pixel
/// completes the network.
template <int Side, int Channels, class Scheme>
struct single_layer
    : mn::model<mn::image<Channels, Side, Side>, block<Channels, Scheme>,
                mn::conv<16, mn::scheme<typename Scheme::inputs, mn::sign>, mn::kernel<1>, mn::stride<Side>>> {};

/// A depthwise convolution, followed by a last layer with one output pixel.
template <int Side, int Channels, class Scheme>
struct depthwise_layer
    : mn::model<mn::image<Channels, Side, Side>, mn::depthwise_conv<Scheme>, mn::batch_norm,
                mn::conv<16, mn::scheme<typename Scheme::inputs, mn::sign>, mn::kernel<1>, mn::stride<Side>>> {};

/// Type of a pixel: std::uint8_t if the model takes images of bytes, else float.
template <class Model>
using pixel_of = std::conditional_t<mn::layer_graph<Model>::takes_pixels, std::uint8_t, float>;

/// Returns random images, one after another.
template <class Model>
[[nodiscard]] std::vector<pixel_of<Model>> random_images(int count) {
  const buffer<pixel_of<Model>> noise(static_cast<std::size_t>(count) *
                                      static_cast<std::size_t>(mn::layer_graph<Model>::input.size()));
  return {noise.data(), noise.data() + noise.size()};
}

/// Returns a packed network whose batch norm statistics come from a few random images, so that its codes vary.
template <class Model>
[[nodiscard]] mn::packed<Model> untrained() {
  constexpr int images = 8;
  mn::network<Model> net{mn::seed{1}};
  const mn::dataset<pixel_of<Model>> data(mn::layer_graph<Model>::input, random_images<Model>(images), {});
  mn::reestimate_batch_norm(net, data, {.batches = 1, .batch = images});
  return mn::pack(net);
}

/// Counts the multiply-accumulates of all products for one image. Multiplications by padding count too, as in the
/// literature.
template <class Model>
[[nodiscard]] constexpr double macs_of() {
  double result = 0;
  [&]<std::size_t... S>(std::index_sequence<S...>) {
    ((result += mn::detail::stage_plan<Model, S>::has_product
                    ? static_cast<double>(mn::detail::stage_plan<Model, S>::window.macs())
                    : 0),
     ...);
  }(std::make_index_sequence<mn::packed<Model>::stages>{});
  return result;
}

/// Returns a call that computes logits from images on the given number of threads.
template <class Model>
[[nodiscard]] call make_run(std::shared_ptr<const mn::packed<Model>> network, int images, int threads = 1) {
  struct state {
    std::shared_ptr<const mn::packed<Model>> network;
    int threads;
    mn::session<mn::packed<Model>> session{*network, threads};
    std::vector<pixel_of<Model>> images;
    std::vector<float> logits;
  };
  const auto classes = static_cast<std::size_t>(mn::packed<Model>::classes);
  const auto s =
      std::make_shared<state>(state{.network = network,
                                    .threads = threads,
                                    .images = random_images<Model>(images),
                                    .logits = std::vector<float>(static_cast<std::size_t>(images) * classes)});
  return [s] { s->session.run(std::span<const pixel_of<Model>>(s->images), std::span<float>(s->logits)); };
}

}  // namespace bench
