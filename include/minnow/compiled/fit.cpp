// Compiled definitions of minnow/fit: training runs, their checkpoints and their sources of images.
#include <minnow/fit/impl/batches.ipp>
#include <minnow/fit/impl/event_file.ipp>
#include <minnow/fit/impl/fit.ipp>
#include <minnow/fit/impl/image_stream.ipp>
#include <minnow/fit/impl/objective.ipp>
#include <minnow/fit/impl/observers.ipp>
#include <minnow/fit/impl/options.ipp>
#include <minnow/fit/impl/reestimate_batch_norm.ipp>
#include <minnow/fit/impl/share_run.ipp>
#include <minnow/fit/impl/source.ipp>
#include <minnow/fit/impl/update.ipp>

namespace minnow {

template class updater<adam>;
template class updater<bop>;
template class updater<sgd>;

namespace detail {

template void mix(std::span<std::uint8_t>, std::span<const std::uint8_t>, float);
template void mix(std::span<float>, std::span<const float>, float);
template void augment(std::span<const std::uint8_t>, const shape&, const image_changes<std::uint8_t>&, const random&,
                      std::span<std::uint8_t>);
template void augment(std::span<const float>, const shape&, const image_changes<float>&, const random&,
                      std::span<float>);
template class batches<std::uint8_t>;
template class batches<float>;
template class dataset_source<std::uint8_t>;
template class dataset_source<float>;
template class validation_dataset<std::uint8_t>;
template class validation_dataset<float>;
template void pass_over(network_base&, const dataset<std::uint8_t>&, mode, const reestimate_options&, const char*);
template void pass_over(network_base&, const dataset<float>&, mode, const reestimate_options&, const char*);

}  // namespace detail

}  // namespace minnow
