// expect: minnow: a layer with constants of your own needs a specialization of firmware_layer to run as firmware
#include <minnow/firmware.hpp>

namespace mn = minnow;

struct scaled : mn::same_shape {
  static constexpr mn::text name() { return "scaled"; }
};
template <>
class minnow::inferable<scaled> {
public:
  explicit inferable(mn::shape) {}
  void run(const float*, float*) const {}
  static void arrays(auto&, auto&&) {}
};

struct net : mn::model<mn::image<3, 8, 8>, mn::conv<8, mn::scheme<mn::pixels, mn::sign>>, scaled, mn::batch_norm,
                       mn::dense<3, mn::minw<1, 1>>> {};
static_assert(minnow::detail::firmware_plan<net>::sound);
