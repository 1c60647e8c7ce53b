// expect: minnow: a quantizer that learns its state says how a state stays inside its bounds: limit(state)
#include <minnow/minnow.hpp>
#include <minnow/quantize/methods/lsq.hpp>

using namespace minnow;

struct unlimited : lsq<4> {
  static void limit(state&) = delete;
};

struct net : model<features<4>, dense<2, scheme<unlimited, sign>>> {};

network<net> trained;
