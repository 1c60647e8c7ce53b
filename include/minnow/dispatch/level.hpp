#pragma once

#include <cstddef>
#include <cstdint>

#include <minnow/core/error.hpp>

namespace minnow {

/// All that one unit, a model compiled for one architecture, lets out: a constant of plain numbers and pointers, so that
/// looking at it runs none of the unit's code.
struct dispatch_unit {
  std::size_t image_size;  ///< numbers of an image
  int classes;

  /// Read a packed model; `network` is then to be closed.
  status (*open_file)(const char* path, void*& network);
  status (*open_bytes)(const std::byte* file, std::size_t size, void*& network);
  void (*close)(void* network) noexcept;

  /// images (count,H,W,C) -> logits (count,classes); throw what the user's types throw. run_floats is null where the model begins
  /// with pixels.
  void (*run_bytes)(void* network, const std::uint8_t* images, std::size_t count, float* logits);
  void (*run_floats)(void* network, const float* images, std::size_t count, float* logits);

  /// A text that lives as long as the network.
  const char* (*summary)(void* network);
};

/// A unit among those of a program.
struct dispatch_level {
  const char* name;
  bool available;  ///< whether this processor has all that the unit was compiled for
  const dispatch_unit* unit;
};

}  // namespace minnow
