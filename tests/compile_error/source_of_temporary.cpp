// expect-gcc: use of deleted function
// expect-clang: deleted
#include <minnow/train.hpp>

namespace mn = minnow;

mn::detail::dataset_source<float> source(mn::dataset<float>{});
