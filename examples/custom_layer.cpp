// Two user-defined layers: a function of one number (ten lines), and a layer with trained parameters (thirty lines).
#include <cmath>
#include <iostream>

#include <minnow/minnow.hpp>

namespace mn = minnow;

/// The softsign function x / (1 + |x|). It can be trained and packed like the library's relu, and packing turns it into
/// thresholds in the same way.
struct softsign : mn::same_shape {
  static constexpr mn::text name() { return "softsign"; }
  static constexpr bool increasing = true;
  static float apply(float x) { return x / (1 + std::abs(x)); }
  static float slope(float x) { return 1 / ((1 + std::abs(x)) * (1 + std::abs(x))); }
};

/// PReLU (He et al. 2015): x where x > 0, otherwise x times a learned slope per channel.
struct prelu : mn::same_shape {
  static constexpr mn::text name() { return "prelu"; }
};

template <>
class mn::trainable<prelu> : public mn::layer_base {
public:
  explicit trainable(mn::shape in)
      : channels_(static_cast<std::size_t>(in.channels)), slope_(channels_, 0.25f), gradient_(channels_) {}

  void forward(const mn::activations& in, mn::activations& out, const mn::pass&) override {
    for (std::size_t i = 0; i < in.size(); ++i)
      out.data[i] = in.data[i] > 0 ? in.data[i] : slope_[i % channels_] * in.data[i];
  }
  void backward(const mn::activations& in, const mn::activations&, const float* grad_out, float* grad_in,
                const mn::pass&) override {
    std::fill(gradient_.begin(), gradient_.end(), 0.0f);
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (in.data[i] <= 0) gradient_[i % channels_] += in.data[i] * grad_out[i];
      if (grad_in != nullptr) grad_in[i] = (in.data[i] > 0 ? 1 : slope_[i % channels_]) * grad_out[i];
    }
  }
  void parameters(const mn::parameter_visitor& visit) override { visit({"slope", slope_, gradient_}); }
  void arrays(const mn::array_visitor& visit) override { visit("slope", slope_); }

private:
  std::size_t channels_;
  std::vector<float> slope_;
  std::vector<float> gradient_;
};

template <>
class mn::inferable<prelu> {
public:
  explicit inferable(mn::shape in)
      : size_(static_cast<std::size_t>(in.size())), slope_(static_cast<std::size_t>(in.channels)) {}

  void run(const float* in, float* out) const noexcept {
    for (std::size_t i = 0; i < size_; ++i) out[i] = in[i] > 0 ? in[i] : slope_[i % slope_.size()] * in[i];
  }
  static void arrays(auto& self, auto&& visit) { visit("slope", std::span(self.slope_)); }

private:
  std::size_t size_;
  std::vector<float> slope_;
};

struct digits : mn::model<mn::image<1, 28, 28>, mn::conv<16, mn::scheme<mn::pixels, mn::sign>>, mn::max_pool<2>,
                          mn::batch_norm, softsign, mn::conv<32, mn::minw<2, 2>>, mn::max_pool<2>, mn::batch_norm,
                          prelu, mn::dense<10, mn::minw<2, 2>>, mn::batch_norm> {};

int main() {
  const auto train = mn::synthetic_digits(4000, mn::seed{1});
  const auto test = mn::synthetic_digits(1000, mn::seed{2});

  mn::network<digits> net{mn::seed{7}};
  mn::fit(net, train, mn::adam{.rate = 5e-3f}, mn::constant{}, {.epochs = 3, .batch = 64});

  const auto tiny = mn::pack(net);
  std::cout << mn::summary(tiny) << "trained " << mn::accuracy(net, test) << ", packed " << mn::accuracy(tiny, test)
            << '\n';
}
