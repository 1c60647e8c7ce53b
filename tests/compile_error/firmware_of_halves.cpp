// expect: minnow: firmware multiplies integers: this model has a layer of half or real numbers
#include <minnow/firmware.hpp>

namespace mn = minnow;

struct net : mn::model<mn::features<8>, mn::dense<8, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                       mn::dense<3, mn::minw<16, 1>>> {};
static_assert(minnow::detail::firmware_plan<net>::sound);
