#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

#include <minnow/core/encoding.hpp>
#include <minnow/core/index.hpp>
#include <minnow/core/random.hpp>
#include <minnow/quantize/concept.hpp>
#include <minnow/quantize/pixels.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow::detail {

/// Number of levels of a quantizer.
template <quantizer Quantizer>
inline constexpr int level_count = [] {
  if constexpr (requires { Quantizer::levels; }) return Quantizer::levels;
  else if constexpr (Quantizer::storage == encoding::bit) return 2;
  else if constexpr (Quantizer::storage == encoding::ternary) return 3;
  else if constexpr (Quantizer::storage == encoding::power_of_two) return (1 << Quantizer::bits) - 1;
  else return (is_unsigned(Quantizer::storage) ? 0 : Quantizer::max_code) + Quantizer::max_code + 1;
}();

/// Returns the mean distance between two neighboring levels.
template <quantizer Quantizer>
float level_distance(const typename Quantizer::state& s) noexcept {
  constexpr int codes = Quantizer::max_code * (is_unsigned(Quantizer::storage) ? 1 : 2);
  return std::abs(Quantizer::scale(s)) * codes / (level_count<Quantizer> - 1);
}

/// The noise z that a stochastic estimator subtracts from the numbers that a quantizer gets. The element's index
/// determines the noise, so the noise does not depend on the number of threads.
template <class Estimator, quantizer Quantizer>
class estimator_noise {
public:
  static constexpr bool exists = Estimator::stochastic && is_integer(Quantizer::storage) && !reads_image<Quantizer>;

  estimator_noise(const random& draws, const typename Quantizer::state& s) noexcept : draws_(draws) {
    if constexpr (requires { requires Estimator::dithers; }) width_ = level_distance<Quantizer>(s);
  }

  /// Returns the noise of the elements from `first` on.
  [[nodiscard]] vector at(std::size_t first) const noexcept {
    float z[lanes];
    for (int i = 0; i < lanes; ++i) z[i] = width_ * draws_.uniform_at(first + index(i)) - width_ / 2;
    return load(z, whole{});
  }

private:
  random draws_;
  float width_ = 2;  ///< z is uniform on [-width / 2, width / 2)
};

/// Replaces `estimator_noise` where there is no noise.
struct no_noise {
  [[nodiscard]] vector at(std::size_t) const noexcept { return vector(0.0f); }
};

/// Returns normally distributed numbers, mean 0 and variance 1, for the elements from `first` on (Box & Muller 1958).
/// Element i uses the numbers 2i and 2i + 1 of the stream. It is computed as a single number, because SIMD functions may
/// round a lane differently if the other lanes differ.
[[nodiscard]] inline vector normal_at(const random& draws, std::size_t first) noexcept {
  float z[lanes];
  for (int i = 0; i < lanes; ++i) {
    const std::size_t at = 2 * (first + index(i));
    const float radius = std::sqrt(-2 * std::log(1 - draws.uniform_at(at)));
    z[i] = radius * std::cos(6.28318531f * draws.uniform_at(at + 1));
  }
  return load(z, whole{});
}

}  // namespace minnow::detail
