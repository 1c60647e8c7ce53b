// expect: minnow: an estimator that freezes weights needs quantizers whose levels can be kept: freeze(state), is_frozen(state)
#include <minnow/estimate/incremental.hpp>
#include <minnow/minnow.hpp>

using namespace minnow;

struct net : model<features<4>, dense<2, scheme<real, integer<4>>>> {};

network<net, incremental> trained;
