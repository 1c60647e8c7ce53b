#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/error.hpp>

namespace minnow {

/// The interface of one variant of a program: a model compiled for one architecture. It is a constant of plain numbers
/// and pointers, so that reading it runs none of the variant's code.
struct dispatch_variant {
  std::size_t image_size;  ///< number of values in one image
  int classes;

  /// Read a packed model. On success, the caller must close `network`.
  status (*open_file)(const char* path, void*& network);
  status (*open_bytes)(const std::byte* file, std::size_t size, void*& network);
  void (*close)(void* network) noexcept;

  /// Compute images (count,H,W,C) -> logits (count,classes). Exceptions of user-defined quantizers and layers propagate
  /// to the caller. run_floats is null if the model begins with pixels.
  void (*run_bytes)(void* network, const std::uint8_t* images, std::size_t count, float* logits);
  void (*run_floats)(void* network, const float* images, std::size_t count, float* logits);

  /// Returns a text that lives as long as the network.
  const char* (*summary)(void* network);
};

/// One of the architectures that a program was compiled for.
struct dispatch_arch {
  const char* name;
  bool available;  ///< true if this processor has every feature that the variant was compiled for
  const dispatch_variant* variant;
};

/// Old name of `dispatch_arch`, which version 0.3 removes.
using dispatch_level [[deprecated("minnow: renamed to dispatch_arch")]] = dispatch_arch;

}  // namespace minnow
