// expect: minnow: the arena is too small for this network: firmware_arena<firmware_ram_bytes<A>, firmware_ram_bytes<B>>
#include <minnow/firmware.hpp>

namespace mn = minnow;

struct net : mn::model<mn::features<8>, mn::dense<8, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                       mn::dense<3, mn::minw<1, 1>>> {};

constexpr mn::firmware_data<2> data{mn::layer_graph<net>::fingerprint, {}};
mn::firmware_arena<mn::firmware_ram_bytes<net> - 8> arena;
mn::firmware<net, data, &arena> device;
