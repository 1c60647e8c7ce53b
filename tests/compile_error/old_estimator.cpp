// expect: minnow: the names of an estimator's members have changed: share is now quantized_fraction
#include <minnow/train.hpp>

struct straight : minnow::estimator_base {
  static constexpr minnow::text name() { return "straight"; }
  static constexpr float share(float) { return 1; }
  static float slope(minnow::role, float, float, bool inside) { return inside ? 1.0f : 0.0f; }
};

struct small : minnow::model<minnow::features<4>, minnow::dense<2, minnow::minw<1, 1>>> {};

minnow::network<small, straight> net;
