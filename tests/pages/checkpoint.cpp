#include <minnow/minnow.hpp>

namespace mn = minnow;

struct some : mn::model<mn::features<8>, mn::dense<2, mn::minw<1, 1>>, mn::batch_norm> {};

void train(mn::network<some, mn::ste>& net, const mn::dataset<float>& data) {
  // the block
}
