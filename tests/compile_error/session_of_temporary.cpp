// expect-gcc: use of deleted function
// expect-clang: call to deleted constructor
#include <minnow/infer.hpp>

namespace mn = minnow;

struct net : mn::model<mn::features<8>, mn::dense<3, mn::minw<1, 1>>, mn::batch_norm> {};
mn::session running(mn::load<mn::packed<net>>("net.mnw"));
