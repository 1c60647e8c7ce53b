#include <minnow/zoo/convnet.hpp>

#include "../run.hpp"

namespace {

template <int M>
using image_scheme = mn::scheme<mn::pixels, typename mn::minw<M, M>::weights>;

/// Model D of MINW-Net: M bits everywhere except for the image, which stays in bytes.
template <int M>
struct model_d : mn::zoo::model_d<mn::zoo::schemes<mn::minw<M, M>, image_scheme<M>>> {
  using scheme = mn::minw<M, M>;
  using front = mn::model<mn::image<3, 32, 32>, mn::chain<mn::conv<64, image_scheme<M>>, mn::batch_norm>>;
  static constexpr mn::literal second = "1.0";
};

}  // namespace

void run_model_d(task& t) { run_family<model_d>(t, "d"); }
