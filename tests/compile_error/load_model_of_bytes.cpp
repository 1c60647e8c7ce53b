// expect: minnow: load<packed<M>>(bytes) reads a packed network
// errors: 1
#include <cstddef>
#include <span>

#include <minnow/minnow.hpp>

namespace mn = minnow;

struct digits : mn::model<mn::image<1, 6, 6>, mn::conv<4, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                          mn::dense<2, mn::minw<1, 1>>> {};

void use(std::span<const std::byte> bytes) { (void)mn::load<digits>(bytes); }
