#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/index.hpp>
#include <minnow/core/parallel.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/train/layer_base.hpp>

namespace minnow {

/// The trainable form of `multi_threshold`. Its thresholds are no parameters: an optimizer does not change them.
template <int Count, class Estimator>
class trainable<multi_threshold<Count>, Estimator> : public layer_base {
public:
  explicit trainable(shape in) : thresholds_(index(in.channels) * index(Count)) {}

  void forward(const activations& in, activations& out, const pass&) override {
    const std::size_t channels = index(in.dimensions.channels);
    parallel_for(in.images, [&](int image) {
      const std::size_t size = index(in.dimensions.size()), begin = index(image) * size;
      for (std::size_t at = begin; at < begin + size; ++at)
        out.data[at] = multi_threshold<Count>::apply(thresholds_.data() + (at - begin) % channels * index(Count), step_,
                                                     offset_, in.data[at]);
    });
  }

  void backward(const activations& in, const activations&, const float* grad_out, float* grad_in,
                const pass&) override {
    if (grad_in != nullptr) std::copy_n(grad_out, in.size(), grad_in);
  }

  void arrays(const array_visitor& visit) override {
    visit(std::string_view("thresholds"), thresholds_);
    visit(std::string_view("step"), std::span<float>(&step_, 1));
    visit(std::string_view("offset"), std::span<float>(&offset_, 1));
  }

private:
  std::vector<float> thresholds_;  ///< [C][Count]
  float step_ = 1;
  float offset_ = 0;
};

}  // namespace minnow
