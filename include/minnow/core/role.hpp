#pragma once

namespace minnow {

/// The tensor that a quantizer is applied to: a layer's inputs or its weights. Some papers define a quantizer or an
/// estimator differently for inputs and for weights.
enum class role { inputs, weights };

}  // namespace minnow
