// expect: minnow: firmware runs a chain of layers: no residual, no concatenation yet
#include <minnow/firmware.hpp>
#include <minnow/layers/residual.hpp>

namespace mn = minnow;

struct net : mn::model<mn::image<3, 8, 8>, mn::conv<8, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                       mn::residual<mn::chain<mn::conv<8, mn::minw<1, 1>>, mn::batch_norm>, mn::chain<>, mn::ternary<>>,
                       mn::batch_norm, mn::dense<3, mn::minw<1, 1>>> {};
static_assert(minnow::detail::firmware_plan<net>::sound);
