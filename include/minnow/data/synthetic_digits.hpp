#pragma once

#include <cstdint>

#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>

namespace minnow {

/// Returns synthetic digits drawn with random variation, a data set that needs no file: (N,28,28,1), light ink on dark
/// paper, labels 0 … 9.
///
/// Each digit is written in one of four ways with random pen width, size, slant, bend, rotation, position, wobble,
/// noise, and brightness of ink and paper. A quarter of the images have a stray line. Every ten images contain each
/// digit once, in random order. Image i depends only on the seed and on i, so a longer set begins with the shorter one;
/// every platform draws the same images. A linear classifier reaches less than 90 % accuracy, a small ConvNet more than
/// 97 %.
[[nodiscard]] dataset<std::uint8_t> synthetic_digits(int count, seed s = {});

/// Old name of `synthetic_digits`.
[[deprecated("minnow: renamed to synthetic_digits"), nodiscard]] inline dataset<std::uint8_t> drawn_digits(
    int count, seed s = {}) {
  return synthetic_digits(count, s);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/data/impl/synthetic_digits.ipp>
#endif
