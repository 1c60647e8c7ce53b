// expect: minnow: an estimator that freezes weights has no noise
#include <minnow/estimate/incremental.hpp>
#include <minnow/minnow.hpp>
#include <minnow/quantize/methods/inq.hpp>

using namespace minnow;

struct net : model<features<4>, dense<2, scheme<real, inq<5>>>> {};

network<net, with_noise<incremental>> trained;
