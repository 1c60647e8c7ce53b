#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/error.hpp>

namespace minnow {

/// The interface of one unit, which is a model compiled for one architecture. It is a constant of plain numbers and
/// pointers, so that reading it runs none of the unit's code.
struct dispatch_unit {
  std::size_t image_size;  ///< numbers of an image
  int classes;

  /// Read a packed model. On success, the caller must close `network`.
  status (*open_file)(const char* path, void*& network);
  status (*open_bytes)(const std::byte* file, std::size_t size, void*& network);
  void (*close)(void* network) noexcept;

  /// Compute images (count,H,W,C) -> logits (count,classes) and throw what the user's types throw. run_floats is null
  /// if the model begins with pixels.
  void (*run_bytes)(void* network, const std::uint8_t* images, std::size_t count, float* logits);
  void (*run_floats)(void* network, const float* images, std::size_t count, float* logits);

  /// Returns a text that lives as long as the network.
  const char* (*summary)(void* network);
};

/// One of a program's units.
struct dispatch_level {
  const char* name;
  bool available;  ///< whether this processor has every feature that the unit was compiled for
  const dispatch_unit* unit;
};

}  // namespace minnow
