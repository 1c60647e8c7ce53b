#include <minnow/zoo/convnet.hpp>

#include "compare.hpp"

/// Model D of MINW-Net for 32x32 color images, with M bits for all weights and inputs except the image, which stays in
/// bytes.
template <int M>
struct model_d : mn::zoo::model_d<mn::zoo::image_schemes<mn::minw<M, M>>> {};

void run_model_d(const mn::train_and_test<std::uint8_t>& data, const options& o) {
  run(data, o, run_low_bit<model_d<1>>, run_low_bit<model_d<2>>, run_low_bit<model_d<3>>, run_real<model_d<32>>);
}
