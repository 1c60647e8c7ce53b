#include "compare.hpp"

/// Model D of MINW-Net for 32x32 color images.
template <int M, class Weights = typename mn::minw<M, M>::weights>
struct model_d
    : mn::model<mn::image<3, 32, 32>, mn::conv<64, mn::scheme<mn::pixels, Weights>>, mn::batch_norm,
                mn::conv<64, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm, mn::conv<128, mn::minw<M, M>>,
                mn::batch_norm, mn::conv<128, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
                mn::conv<256, mn::minw<M, M>>, mn::batch_norm, mn::conv<256, mn::minw<M, M>>, mn::max_pool<2>,
                mn::batch_norm, mn::dense<128, mn::minw<M, M>>, mn::batch_norm, mn::dense<512, mn::minw<M, M>>,
                mn::batch_norm, mn::dense<10, mn::minw<M, M>>, mn::batch_norm> {};

void run_model_d(const mn::train_and_test<std::uint8_t>& data, const options& o) {
  run(data, o, run_low_bit<model_d<1>>, run_low_bit<model_d<2>>, run_low_bit<model_d<3>>, run_real<model_d<32>>);
}
