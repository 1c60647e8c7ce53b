// expect: minnow: minw takes 1, 2, 3, 8, 16 or 32 bits
#include <minnow/model.hpp>

using namespace minnow;

struct net : model<image<3, 8, 8>, conv<4, minw<4, 1>>> {};
