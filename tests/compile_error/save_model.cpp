// expect: minnow: save(object, path) writes a packed network or a trainable one
// errors: 1
#include <minnow/minnow.hpp>

namespace mn = minnow;

struct digits : mn::model<mn::image<1, 6, 6>, mn::conv<4, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                          mn::dense<2, mn::minw<1, 1>>> {};

void use() { mn::save(digits{}, "digits.mnw"); }
