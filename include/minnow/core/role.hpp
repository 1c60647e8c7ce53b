#pragma once

namespace minnow {

/// What a quantizer is applied to. A few choices of the papers differ between the two.
enum class role { inputs, weights };

}  // namespace minnow
