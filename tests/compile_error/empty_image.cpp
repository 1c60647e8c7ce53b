// expect: minnow: an image has at least one channel, row and column
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 0, 8>, dense<10>> {};
