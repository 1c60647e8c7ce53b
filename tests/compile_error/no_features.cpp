// expect: minnow: there is at least one feature
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<features<0>, dense<10>> {};
