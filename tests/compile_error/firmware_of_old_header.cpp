// expect: minnow: this header was written by an older version of minnow: write it again with save_header
#include <minnow/firmware.hpp>

namespace mn = minnow;

struct net : mn::model<mn::features<8>, mn::dense<8, mn::scheme<mn::pixels, mn::integer<8>>>, mn::batch_norm,
                       mn::dense<3, mn::scheme<mn::integer<8>, mn::integer<8>>>> {};
using fixed = mn::fixed_point<net>;

constexpr mn::firmware_data<2> data{mn::layer_graph<fixed>::fingerprint, {}};
mn::firmware<fixed, data> device;
