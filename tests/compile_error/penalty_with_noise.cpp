// expect: minnow: an estimator with a penalty on weights has no noise
#include <minnow/minnow.hpp>

using namespace minnow;

struct penalized : ste {
  static float penalty_slope(float w, float h, float) { return w - h; }
};

struct net : model<features<4>, dense<2, scheme<real, sign>>> {};

network<net, with_noise<penalized>> trained;
