#pragma once

// Models whose files are kept as fixtures (fixtures/format_1) and fuzzed. They cover every memory layout of packed
// weights, and every way in which a packed network computes codes from sums: by thresholds, in floats and in fixed
// point. The models must never change, because the kept files were written with them.

#include <cstdint>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/estimate/aqe.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/model.hpp>
#include <minnow/schedule/constant.hpp>

namespace minnow::test {

struct every_order
    : model<image<2, 5, 5>, conv<5, scheme<real, sign>>, batch_norm, conv<66, minw<1, 1>, kernel<1>, padding<0>>,
            max_pool<2>, batch_norm, conv<6, minw<1, 1>>, batch_norm, conv<4, minw<2, 3>>, batch_norm, relu,
            conv<4, scheme<integer<8>, integer<4, per_channel>>, groups<2>>, batch_norm,
            dense<5, scheme<integer<8>, integer<4>>>, bias, dense<6, scheme<unsigned_integer<8>, integer<8>>>,
            batch_norm, dense<3, minw<16, 2>>> {};
struct in_fixed_point : model<features<7>, dense<6, scheme<pixels, sign>>, batch_norm, relu,
                              dense<5, scheme<integer<8>, integer<8, per_channel>>>, batch_norm,
                              dense<3, scheme<integer<4>, integer<8>>>> {};

/// Returns labeled images. Float pixels are small multiples of 1/4, so that sums of them are exact.
template <class Model, class T>
dataset<T> file_images(int count) {
  minnow::random r(seed{3});
  dataset<T> data;
  data.dimensions = layer_graph<Model>::input;
  for (int k = 0; k < count * layer_graph<Model>::input.size(); ++k)
    data.images.push_back(static_cast<T>(r.below(sizeof(T) == 1 ? 256 : 9)) / static_cast<T>(sizeof(T) == 1 ? 1 : 4));
  for (int n = 0; n < count; ++n) data.labels.push_back(r.below(3));
  return data;
}

/// Returns a network after a few steps of training.
template <class Model, class T>
network<Model, aqe> file_network() {
  network<Model, aqe> net{seed{1}};
  fit(net, file_images<Model, T>(24), adam{.rate = 1e-2f}, constant{0.5f},
      {.epochs = 2, .batch = 8, .batch_norm_batches = 2});
  return net;
}

}  // namespace minnow::test
