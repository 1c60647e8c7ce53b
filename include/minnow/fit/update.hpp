#pragma once

#include <functional>
#include <vector>

#include <minnow/train/untyped_network.hpp>
#include <minnow/train/optimizer.hpp>
#include <minnow/train/vectors.hpp>

namespace minnow {

/// An optimizer at work on a network: it keeps the moments of every parameter.
template <optimizer Optimizer>
class updater {
public:
  explicit updater(Optimizer o) : optimizer_(std::move(o)) {}

  /// One step along the gradients of the last backward pass, the clip of bounded weights and, if asked for, their new
  /// codes, in one pass over them. The weights' estimator scales their step, and with it their decay.
  void step(untyped_network& net, const progress& at, float alpha, bool requantize = false) {
    rate_ = optimizer_.rate * optimizer_.decay(at);
    const auto prepared = optimizer_.at(++steps_);
    std::size_t index = 0;
    const auto move_one = [&](std::string_view, const parameter& p) {
      if (index == moments_.size()) moments_.emplace_back(p.value.size() * Optimizer::moments, 0.0f);
      const float rate = p.quantized ? rate_ * net.step_scale(alpha) : rate_;
      move(p, moments_[index++], rate, prepared, requantize);
    };
    net.parameters(std::cref(move_one));  // by reference, so that nothing is allocated
  }

  /// Moments of each parameter in order: of its first one, then of the next.
  [[nodiscard]] std::vector<std::vector<float>>& moments() noexcept { return moments_; }
  /// Makes them, 0 as before the first step.
  void make_room(untyped_network& net) {
    moments_.clear();
    net.parameters([&](std::string_view, const parameter& p) { moments_.emplace_back(p.value.size() * Optimizer::moments, 0.0f); });
  }
  /// The moments were put back to those after that many steps, the last with this rate.
  void went_on(long long steps, float rate) noexcept {
    steps_ = steps;
    rate_ = rate;
  }

  /// The learning rate of the last step.
  [[nodiscard]] float rate() const noexcept { return rate_; }

private:
  template <class Prepared>
  void move(const parameter& p, std::vector<float>& moments, float rate, const Prepared& prepared, bool requantize) {
    const std::size_t size = p.value.size();
    detail::for_pieces(size, [&](std::size_t first, std::size_t length) {
      detail::for_vectors(static_cast<int>(length), [&](int k, auto count) {
        using detail::vector;
        const std::size_t i = first + static_cast<std::size_t>(k);
        vector m[Optimizer::moments > 0 ? Optimizer::moments : 1];
        for (int n = 0; n < Optimizer::moments; ++n) m[n] = detail::load(moments.data() + static_cast<std::size_t>(n) * size + i, count);
        vector w = optimizer_.update(detail::load(p.value.data() + i, count), detail::load(p.gradient.data() + i, count), m, rate, prepared);
        if (p.bounded) w = scalar::clamp(w, vector(-1.0f), vector(1.0f));
        detail::store(p.value.data() + i, w, count);
        for (int n = 0; n < Optimizer::moments; ++n) detail::store(moments.data() + static_cast<std::size_t>(n) * size + i, m[n], count);
      });
      if (requantize && p.requantize) p.requantize(first, length);
    });
    if (p.limit) p.limit();
  }

  Optimizer optimizer_;
  std::vector<std::vector<float>> moments_;
  long long steps_ = 0;
  float rate_ = 0;
};

}  // namespace minnow
