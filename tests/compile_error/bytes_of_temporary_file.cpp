// expect-gcc: use of deleted function
// expect-clang: deleted
#include <minnow/infer.hpp>

namespace mn = minnow;

struct net : mn::model<mn::features<8>, mn::dense<3, mn::minw<1, 1>>, mn::batch_norm> {};
const auto network = mn::load_in_place<mn::packed<net>>(mn::load<mn::mapped_file>("net.mnw").bytes());
