// expect: minnow: a model begins with its input: image<C, H, W>, signal<C, L> or features<N>
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<conv<4>, dense<10>> {};
