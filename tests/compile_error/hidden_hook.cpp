// expect: minnow: a function of this trainable reading hides a hook of minnow::layer_base
#include <algorithm>

#include <minnow/train.hpp>

struct twice : minnow::same_shape {
  static constexpr minnow::text name() { return "twice"; }
};

template <>
class minnow::trainable<twice> : public minnow::layer_base {
public:
  explicit trainable(shape) {}
  void forward(const activations& in, activations& out, const pass&) override {
    std::transform(in.data, in.data + in.size(), out.data, [](float x) { return 2 * x; });
  }
  void backward(const activations& in, const activations&, const float* g, float* grad_in, const pass&) override {
    if (grad_in != nullptr) std::transform(g, g + in.size(), grad_in, [](float x) { return 2 * x; });
  }
  void arrays(auto&& visit) { visit("none", std::span<float>()); }
};

struct small : minnow::model<minnow::features<4>, twice, minnow::dense<2, minnow::minw<1, 1>>> {};

minnow::network<small> net;
