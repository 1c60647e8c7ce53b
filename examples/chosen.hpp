#pragma once

#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include <minnow/train.hpp>

/// An estimator that forwards to one of the library's estimators, chosen when the program starts. Estimators are types,
/// so a program that offers a choice would otherwise compile every network once per estimator. This one is written like
/// any user-defined estimator.
struct chosen {
  struct estimator {
    float (*share)(float alpha);
    minnow::interval (*slopes)(minnow::role, float alpha);  ///< slopes outside and inside the quantizer's range
    float (*learning_rate_scale)(float alpha);
    std::function<float(const minnow::progress&)> schedule;  ///< the estimator's default alpha schedule
  };

  static void choose(const std::string& name) {
    const auto found = all().find(name);
    if (found == all().end())
      throw std::invalid_argument("--estimator: expected ste, aqe, aqe_expected or alpha_blend, found " + name);
    now = &found->second;
  }
  static const std::map<std::string, estimator>& all() {
    using namespace minnow;
    static const std::map<std::string, estimator> table{
        {"ste", of<ste>(constant{1})},
        {"aqe", of<aqe>(linear{.from = 0.5f, .to = 1})},
        {"aqe_expected", of<aqe_expected>(linear{})},
        {"alpha_blend", of<alpha_blend>(cubic{.end = fraction{0.9f}})},
    };
    return table;
  }
  static inline const estimator* now = nullptr;

  static constexpr minnow::text name() { return "chosen"; }
  static constexpr bool stochastic = false;
  static float quantized_fraction(float alpha) { return now->share(alpha); }
  static float learning_rate_scale(float alpha) { return now->learning_rate_scale(alpha); }
  template <class V, class Mask>
  static V slope(minnow::role r, float alpha, V, Mask inside) {
    using minnow::scalar::select;
    const minnow::interval s = now->slopes(r, alpha);
    return select(inside, V(s.high), V(s.low));
  }

private:
  template <class E>
  static estimator of(std::function<float(const minnow::progress&)> schedule) {
    return {[](float alpha) { return E::quantized_fraction(alpha); },
            [](minnow::role r, float alpha) {
              return minnow::interval{E::slope(r, alpha, 2.0f, false), E::slope(r, alpha, 0.0f, true)};
            },
            [](float alpha) { return E::learning_rate_scale(alpha); }, std::move(schedule)};
  }
};
