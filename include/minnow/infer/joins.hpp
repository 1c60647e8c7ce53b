#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include <minnow/core/affine.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/layers/join.hpp>

/// The packed forms of joins, the layers with two inputs. Each is constructed from both input shapes. `scale` is the
/// quantizer scale of the codes of `other`, or 1 if `other` holds floats.
namespace minnow {

namespace detail {

/// The array of a packed join.
struct scaled_join {
  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit(std::string_view("scale"), std::span(self.scale));
  }

  std::array<float, 1> scale{1.0f};
};

}  // namespace detail

/// infer/inferable.hpp describes the specializations.
template <class Layer>
class inferable;

template <>
class inferable<add> : public detail::scaled_join {
public:
  inferable(shape body, shape) noexcept : size_(body.size()) {}

  void run(const float* body, const float* other, float* out) const noexcept {
    for (int k = 0; k < size_; ++k) out[k] = apply(body[k], other[k]);
  }
  [[nodiscard]] float apply(float body, float other) const noexcept { return affine{scale[0], body}(other); }

private:
  int size_;
};

template <>
class inferable<concatenate> : public detail::scaled_join {
public:
  inferable(shape body, shape other) noexcept : pixels_(body.pixels()), body_(body.channels), other_(other.channels) {}

  void run(const float* body, const float* other, float* out) const noexcept {
    for (int pixel = 0; pixel < pixels_; ++pixel, body += body_, other += other_) {
      for (int c = 0; c < other_; ++c) *out++ = other[c] * scale[0];
      out = std::copy_n(body, body_, out);
    }
  }

private:
  int pixels_;
  int body_;
  int other_;
};

template <>
class inferable<scale_positions> : public detail::scaled_join {
public:
  inferable(shape body, shape) noexcept : pixels_(body.pixels()), channels_(body.channels) {}

  void run(const float* body, const float* other, float* out) const noexcept {
    for (int pixel = 0; pixel < pixels_; ++pixel) {
      const float factor = detail::rounded_product(other[pixel], scale[0]);
      for (int c = 0; c < channels_; ++c) *out++ = detail::rounded_product(*body++, factor);
    }
  }

private:
  int pixels_;
  int channels_;
};

}  // namespace minnow
