// A user-defined quantizer, estimator and alpha schedule. The functions of the quantizer and the estimator take single
// floats, not SIMD vectors. All three are used like the library's own.
#include <algorithm>
#include <cmath>
#include <iostream>

#include <minnow/minnow.hpp>

namespace mn = minnow;

/// A quantizer with five levels: -1, -1/2, 0, 1/2, 1.
struct quinary : mn::quantizer_base {
  static constexpr mn::text name() { return "quinary"; }
  static constexpr int bits = 3;
  static constexpr int max_code = 2;
  static constexpr bool uniform_init = true;
  static float code(float x, const state&) { return std::nearbyint(2 * std::clamp(x, -1.0f, 1.0f)); }
  static constexpr float scale(const state&) { return 0.5f; }
};

/// The polynomial slope of Bi-Real net (Liu et al. 2018) for inputs, the straight-through slope for weights.
struct polynomial : mn::estimator_base {
  static constexpr mn::text name() { return "polynomial"; }
  static constexpr float quantized_fraction(float) { return 1; }
  static float slope(mn::role r, float, float a, bool inside) {
    return !inside ? 0.0f : r == mn::role::weights ? 1.0f : 2 - 2 * std::abs(a);
  }
};

/// An alpha schedule that rises from 0 to 1 along a quarter of a sine.
struct sine {
  float operator()(const mn::progress& p) const {
    return static_cast<float>(std::sin(1.5707963 * static_cast<double>(p.step) / static_cast<double>(p.steps)));
  }
};

struct digits : mn::model<mn::image<1, 28, 28>, mn::conv<16, mn::scheme<mn::pixels, quinary>>, mn::max_pool<2>,
                          mn::batch_norm, mn::conv<32, mn::scheme<quinary, quinary>>, mn::max_pool<2>, mn::batch_norm,
                          mn::dense<10, mn::scheme<mn::sign, quinary>>, mn::batch_norm> {};

int main() {
  const auto train = mn::synthetic_digits(4000, mn::seed{1});
  const auto test = mn::synthetic_digits(1000, mn::seed{2});

  mn::network<digits, polynomial> net{mn::seed{7}};
  mn::fit(net, train, mn::adam{.rate = 5e-3f}, sine{}, {.epochs = 3, .batch = 64});

  mn::network<digits, mn::aqe_expected> blended{mn::seed{7}};
  mn::fit(blended, train, mn::adam{.rate = 5e-3f}, sine{}, {.epochs = 3, .batch = 64});

  std::cout << mn::summary(mn::pack(net)) << "polynomial " << mn::accuracy(mn::pack(net), test)
            << ", aqe_expected under a sine " << mn::accuracy(mn::pack(blended), test) << '\n';
}
