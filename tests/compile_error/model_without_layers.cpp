// expect: minnow: a model has at least one layer
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>> {};
