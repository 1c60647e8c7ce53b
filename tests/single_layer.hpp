#pragma once

// Runs one trainable layer on one batch. The tests of training use it.

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <minnow/estimate/ste.hpp>
#include <minnow/train/layer_base.hpp>
#include <minnow/train/trainable.hpp>

#include "random_numbers.hpp"

namespace minnow::test {

inline std::vector<double> widened(const std::vector<float>& x) { return {x.begin(), x.end()}; }

/// Runs trainable<Layer, Estimator> on a batch with its own buffers. Fills every result buffer with a number that no
/// layer returns, so that an element that the layer does not write is detected.
template <class Layer, class Estimator = ste>
class single_layer {
public:
  static constexpr float untouched = -12345.625f;

  single_layer(shape in, int images) : single_layer(trainable<Layer, Estimator>(in), in, images) {}
  template <quantizer Inputs>
  single_layer(shape in, int images, const wiring<Inputs>& neighbors)
      : single_layer(trainable<Layer, Estimator>(in, neighbors), in, images) {}
  single_layer(trainable<Layer, Estimator> made, shape in, int images)
      : layer(std::move(made)),
        in_{nullptr, images, in},
        out_{nullptr, images, Layer::output(in)},
        output_(out_.size(), untouched) {
    out_.data = output_.data();
  }

  const std::vector<float>& forward(std::vector<float> x, const pass& p = {.mode = mode::train}) {
    input_ = std::move(x);
    input_.resize(in_.size());
    in_.data = input_.data();
    std::fill(output_.begin(), output_.end(), untouched);
    layer.forward(in_, out_, p);
    return output_;
  }

  /// Returns the gradient of the input. `gradients()` then returns the gradients of the parameters.
  std::vector<float> backward(const std::vector<float>& grad_out, const pass& p = {.mode = mode::train}) {
    std::vector<float> grad_in(in_.size(), untouched);
    layer.backward(in_, out_, grad_out.data(), grad_in.data(), p);
    return grad_in;
  }

  std::map<std::string, std::vector<float>> gradients() {
    std::map<std::string, std::vector<float>> result;
    layer.parameters([&](const parameter& p) {
      result[std::string(p.name)] = std::vector<float>(p.gradient.begin(), p.gradient.end());
    });
    return result;
  }
  std::map<std::string, std::vector<float>> values() {
    std::map<std::string, std::vector<float>> result;
    layer.parameters(
        [&](const parameter& p) { result[std::string(p.name)] = std::vector<float>(p.value.begin(), p.value.end()); });
    return result;
  }
  void set(const std::string& name, const std::vector<float>& to) {
    layer.parameters([&](const parameter& p) {
      if (p.name == name) std::copy_n(to.begin(), p.value.size(), p.value.begin());
    });
  }

  [[nodiscard]] activations& in() { return in_; }
  [[nodiscard]] const activations& out() const { return out_; }

  trainable<Layer, Estimator> layer;

private:
  activations in_;
  activations out_;
  std::vector<float> input_;
  std::vector<float> output_;
};

}  // namespace minnow::test
