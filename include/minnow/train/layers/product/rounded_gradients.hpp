#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/core/random.hpp>
#include <minnow/estimate/concept.hpp>
#include <minnow/kernels/float_vector.hpp>
#include <minnow/train/trainable.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

/// An estimator that quantizes the gradients that arrive at products (`round_gradient`, estimate/concept.hpp).
template <class Estimator>
concept rounds_gradients = requires { Estimator::round_gradient(0.0f, 1.0f, 0.5f); };

/// Passes gradients unchanged. The class has no data members unless the estimator quantizes gradients.
template <class Estimator>
class rounded_gradients {
public:
  const float* of(const activations&, const float* gradients, const pass&) const noexcept { return gradients; }
};

/// The quantized gradients of one product.
template <rounds_gradients Estimator>
class rounded_gradients<Estimator> {
public:
  /// Quantizes the gradients of a product's results. The random number of an element depends on the step, the layer and
  /// the element's index in the batch of all ranks, so it does not depend on the numbers of threads and ranks.
  ///
  /// out        results of the product; only its size is used
  /// gradients  (images, height, width, channels)
  /// returns    the quantized gradients, valid until the next call
  const float* of(const activations& out, const float* gradients, const pass& p) {
    if (rounded_.size() < out.size()) rounded_.resize(out.size());
    const random draws = p.noise.stream(0x67726164);  // forward passes use the numbers of p.noise itself
    const int size = out.dimensions.size();
    parallel_for(out.images, [&](int n) {
      const std::size_t first = index(n) * index(size);
      const std::size_t of_all = (index(p.first_image) + index(n)) * index(size);
      round_image(gradients + first, rounded_.data() + first, size, draws, of_all);
    });
    return rounded_.data();
  }

private:
  /// Quantizes the gradients of one image, `from` to `to`. `place` is the index of the first random number.
  static void round_image(const float* from, float* to, int size, const random& draws, std::size_t place) {
    vector bounds(0.0f), odd(0.0f);  // odd stays 0 unless a gradient is a NaN or an infinity
    for_vectors(size, [&](int k, auto count) {
      using scalar::abs;
      using scalar::max;
      const vector g = load(from + k, count);
      bounds = max<>(bounds, abs<>(g));
      odd += g - g;
    });
    float largest = 0;
    if (total(odd) == 0) {
      float each[lanes];
      store(each, bounds, whole{});
      largest = *std::max_element(each, each + lanes);
    }
    if (!(largest > 0)) {
      std::copy_n(from, size, to);
      return;
    }
    for_vectors(size, [&](int k, auto count) {
      float u[lanes];
      for (int i = 0; i < lanes; ++i) u[i] = draws.uniform_at(place + index(k + i));
      store(to + k, round(load(from + k, count), vector(largest), load(u, whole{})), count);
    });
  }

  static vector round(const vector& g, const vector& largest, const vector& u) {
    if constexpr (requires {
                    { Estimator::round_gradient(g, largest, u) } -> std::same_as<vector>;
                  })
      return Estimator::round_gradient(g, largest, u);
    else
      return lane_by_lane(
          [](float one, float bound, float z) { return static_cast<float>(Estimator::round_gradient(one, bound, z)); },
          g, largest, u);
  }

  kernels::aligned_floats rounded_;
};

}  // namespace minnow::detail
