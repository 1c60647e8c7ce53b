#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <minnow/minnow.hpp>

namespace mn = minnow;

struct colors : mn::model<mn::image<3, 32, 32>, mn::conv<16, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                          mn::dense<10, mn::minw<1, 1>>, mn::batch_norm> {};

void train(mn::network<colors, mn::aqe>& net, const mn::dataset<std::uint8_t>& data) {
  // the block
}
