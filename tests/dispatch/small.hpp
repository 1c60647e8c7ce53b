#pragma once

#include <stdexcept>

#include <minnow/model.hpp>

namespace minnow::test {

/// A network that computes in integers from the image to the last sums, so that every architecture gives the same
/// logits.
struct small : model<image<3, 6, 6>, conv<17, scheme<pixels, sign>>, max_pool<2>, batch_norm, conv<20, minw<2, 1>>,
                     batch_norm, dense<5, minw<2, 1>>, batch_norm> {};

/// A user-defined layer that throws for a number above 100.
struct refuses_above_100 : same_shape {
  static constexpr bool increasing = true;
  static constexpr text name() { return "refuses_above_100"; }
  static float apply(float x) { return x > 100 ? throw std::runtime_error("above 100") : x; }
  static constexpr float slope(float) { return 1; }
};
struct throwing : model<features<4>, refuses_above_100, dense<3, real>, bias> {};

}  // namespace minnow::test
