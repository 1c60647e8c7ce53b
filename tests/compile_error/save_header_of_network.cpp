// expect: minnow: save_header writes a packed network: save_header(pack(net), path, name)
// errors: 1
#include <minnow/firmware/export_header.hpp>
#include <minnow/minnow.hpp>

namespace mn = minnow;

struct digits : mn::model<mn::image<1, 6, 6>, mn::conv<4, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                          mn::dense<2, mn::minw<1, 1>>> {};

void use(const mn::network<digits>& net) { mn::save_header(net, "digits_data.hpp", "digits_data"); }
