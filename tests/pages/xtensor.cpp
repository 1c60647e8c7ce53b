#include <minnow/exchange/xtensor.hpp>
#include <minnow/minnow.hpp>

namespace mn = minnow;

struct digits : mn::model<mn::image<1, 28, 28>, mn::conv<16, mn::scheme<mn::real, mn::sign>>, mn::batch_norm,
                          mn::dense<10, mn::minw<1, 1>>, mn::batch_norm> {};

void exchange(mn::network<digits>& net) {
  // the block
}
