#include <minnow/zoo/convnet.hpp>

#include "../run.hpp"

namespace {

/// Model D of MINW-Net, with M bits for all weights and inputs except the image, which stays in bytes.
template <int M>
struct model_d : mn::zoo::model_d<mn::zoo::image_schemes<mn::minw<M, M>>, classes> {
  using scheme = mn::minw<M, M>;
  using front = mn::model<mn::image<3, 32, 32>,
                          mn::chain<mn::conv<64, mn::scheme<mn::pixels, typename scheme::weights>>, mn::batch_norm>>;
  static constexpr mn::literal second = "1.0";
};

}  // namespace

void run_model_d(task& t) { run_family<model_d>(t, "d"); }
