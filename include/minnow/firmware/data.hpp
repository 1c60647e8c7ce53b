#pragma once

#include <cstddef>
#include <cstdint>

/// The data that save_header writes and `firmware` uses: a packed model's constants as arrays in read-only memory.
namespace minnow {

/// Constants of one stage, a group of layers that run together. A pointer is null if the stage has no such constants.
struct firmware_stage {
  const std::uint32_t* weights;  ///< packed weights, as in the model's file
  const std::int32_t* prepared;  ///< data that the kernel has computed from the weights in advance
  // Constants of the stage's epilogue, the operations on its sums. The files of firmware/ends define their order.
  const std::int32_t* integers;
  const std::int64_t* wide;
  const float* floats;
  std::int32_t zero = 0;  ///< zero point of the codes that the stage outputs
};

/// Constants of a whole packed model.
template <std::size_t Stages>
struct firmware_data {
  std::uint64_t fingerprint;  ///< of the model
  firmware_stage stages[Stages];
  /// Mean and standard deviation of the image's channels, or of all channels if there is one number of each; null for
  /// models that begin with pixels.
  const float* mean = nullptr;
  const float* stddev = nullptr;
  int normalized_channels = 0;
  std::size_t bytes = 0;  ///< bytes of all arrays, each rounded up to 8
};

}  // namespace minnow
