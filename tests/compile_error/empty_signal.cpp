// expect: minnow: a signal has at least one channel and one sample
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<signal<0, 8>, dense<10>> {};
