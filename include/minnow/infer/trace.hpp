#pragma once

#include <cstddef>
#include <cstdint>

namespace minnow {

/// Observes the values between image and logits. Derive from it to inspect a run.
class trace {
public:
  /// Receives a product's sums for the output rows [first_row, last_row). With F filters, each output pixel has
  /// kernels::sum_stride(F) numbers.
  virtual void sums(std::size_t /*layer*/, int /*first_row*/, int /*last_row*/, const std::int32_t* /*sums*/) noexcept {
  }
  virtual void sums(std::size_t /*layer*/, int /*first_row*/, int /*last_row*/, const float* /*sums*/) noexcept {}
  /// Receives the packed map that a quantize layer outputs.
  virtual void map(std::size_t /*layer*/, const std::byte* /*packed*/) noexcept {}

protected:
  ~trace() = default;
};

}  // namespace minnow
