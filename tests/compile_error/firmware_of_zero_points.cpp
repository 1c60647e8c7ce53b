// expect: minnow: firmware has no quantizers with a zero point yet
#include <minnow/firmware.hpp>
#include <minnow/quantize/methods/affine.hpp>

namespace mn = minnow;

struct net : mn::model<mn::image<3, 8, 8>, mn::conv<8, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                       mn::dense<3, mn::scheme<mn::affine_integer<4>, mn::integer<4>>>> {};
static_assert(minnow::detail::firmware_plan<net>::sound);
