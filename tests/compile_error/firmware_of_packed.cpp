// expect: minnow: network<M>, packed<M> and firmware<M, data> take a model, a struct derived from model<...>, found another type
// errors: 1
#include <minnow/firmware.hpp>
#include <minnow/minnow.hpp>

namespace mn = minnow;

struct digits : mn::model<mn::image<1, 6, 6>, mn::conv<4, mn::scheme<mn::pixels, mn::sign>>, mn::batch_norm,
                          mn::dense<2, mn::minw<1, 1>>> {};

constexpr mn::firmware_data<2> data{};
mn::firmware<mn::packed<digits>, data> net;
