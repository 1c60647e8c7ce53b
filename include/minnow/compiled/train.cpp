// Compiled definitions of minnow/train: type-erased networks (`network_base`), their layers, losses and optimizers.
#include <minnow/train/impl/copy_weights.ipp>
#include <minnow/train/impl/evaluate.ipp>
#include <minnow/train/impl/fold_batch_norm.ipp>
#include <minnow/train/impl/loss.ipp>
#include <minnow/train/impl/network_base.ipp>
#include <minnow/train/impl/network_layers.ipp>
#include <minnow/train/impl/optimizer.ipp>
#include <minnow/train/impl/rate.ipp>
#include <minnow/train/impl/summary.ipp>
#include <minnow/train/layers/impl/batch_norm.ipp>
#include <minnow/train/layers/impl/bias.ipp>
#include <minnow/train/layers/impl/channel_magnitude.ipp>
#include <minnow/train/layers/impl/channel_sums.ipp>
#include <minnow/train/layers/impl/code_product.ipp>
#include <minnow/train/layers/impl/join.ipp>
#include <minnow/train/layers/impl/pad_channels.ipp>
#include <minnow/train/layers/impl/pool.ipp>
#include <minnow/train/layers/impl/product_base.ipp>
#include <minnow/train/layers/impl/reparameterized_product.ipp>
#include <minnow/train/layers/impl/table_input_gradient.ipp>
#include <minnow/train/layers/impl/table_weight_gradient.ipp>

namespace minnow {

template void network_base::put(int, const std::uint8_t*);
template void network_base::put(int, const float*);
template void network_base::take(const dataset<std::uint8_t>&, int, int);
template void network_base::take(const dataset<float>&, int, int);

namespace detail {

template class table_input_gradient<kernels::operand<encoding::bit>>;
template class table_input_gradient<kernels::operand<encoding::ternary>>;
template class trainable_pool<false>;
template class trainable_pool<true>;

template int count_correct(network_base&, const dataset<std::uint8_t>&, float, bool, int, int);
template std::vector<float> logits(network_base&, const dataset<std::uint8_t>&, float, bool);
template std::vector<int> predict(network_base&, const dataset<std::uint8_t>&, float, bool);
template double accuracy(network_base&, const dataset<std::uint8_t>&, float, bool);
template int count_correct(network_base&, const dataset<float>&, float, bool, int, int);
template std::vector<float> logits(network_base&, const dataset<float>&, float, bool);
template std::vector<int> predict(network_base&, const dataset<float>&, float, bool);
template double accuracy(network_base&, const dataset<float>&, float, bool);

}  // namespace detail

}  // namespace minnow
