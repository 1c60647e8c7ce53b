#pragma once

namespace minnow {

/// The tensor that a quantizer is applied to: a layer's inputs or its weights. A few choices of the papers differ
/// between inputs and weights.
enum class role { inputs, weights };

}  // namespace minnow
