// expect: minnow: load<T>(path) reads a packed network, load<packed<M>>, a trainable one, load<network<M>>, or a mapped_file
// errors: 1
#include <minnow/minnow.hpp>

namespace mn = minnow;

struct digits : mn::model<mn::image<1, 6, 6>, mn::conv<4, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                          mn::dense<2, mn::minw<1, 1>>> {};

void use() { (void)mn::load<digits>("digits.mnw"); }
