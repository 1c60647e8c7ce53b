#pragma once

#include <cstdint>
#include <vector>

#include <minnow/fit/source.hpp>
#include <minnow/train/evaluate.hpp>

namespace minnow {

/// Amount of data that `reestimate_batch_norm` uses. The seed determines the order of the images.
struct reestimate_options {
  int batches = 30;  ///< number of batches, at least 1; all batches if there are fewer
  int batch = 128;   ///< images per batch, at least 1; all images if there are fewer
  minnow::seed seed{};
};

namespace detail {

/// Runs forward passes at alpha = 1 over some batches.
///
/// own    this rank's part of each batch
/// over   the ranks over which statistics are taken; null: this process is alone
/// step   step of the run, for error messages; 0: none
/// who    function named in error messages
void pass_over(network_base& net, source& data, mode mode, const reestimate_options& options, bool requantize = true,
               share own = {}, reduction* over = nullptr, long long step = 0, const char* who = "fit");

template <class Element>
void pass_over(network_base& net, const dataset<Element>& data, mode mode, const reestimate_options& options,
               const char* caller);

/// Returns a copy of batch norm's statistics. If `back` is not null, then replaces the network's statistics with
/// `back`.
std::vector<float> exchange_statistics(network_base& net, const std::vector<float>* back = nullptr);

#if defined(MINNOW_COMPILED)
extern template void pass_over(network_base&, const dataset<std::uint8_t>&, mode, const reestimate_options&,
                               const char*);
extern template void pass_over(network_base&, const dataset<float>&, mode, const reestimate_options&, const char*);
#endif

}  // namespace detail

/// Re-estimates batch norm's running statistics at alpha = 1, as the packed network needs them. Statistics collected at
/// alpha < 1 do not match the packed network: on MNIST, re-estimation alone raises the accuracy of a 1-bit network
/// trained at constant alpha 1/2 from a few tens of percent to its full accuracy.
///
/// throws  images that are missing, have another shape, or hold a NaN; options out of range; statistics that are not
///         finite
template <class Model, class Weights, class Inputs, class Element>
void reestimate_batch_norm(network<Model, Weights, Inputs>& net, const dataset<Element>& data,
                           reestimate_options options = {}) {
  detail::check_type<Model, Element>();
  detail::pass_over(net, data, mode::reestimate, options, "reestimate_batch_norm");
}

/// Old name of `reestimate_options`.
using settle_options [[deprecated("minnow: renamed to reestimate_options")]] = reestimate_options;

/// Old name of `reestimate_batch_norm`.
template <class Model, class Weights, class Inputs, class Element>
[[deprecated("minnow: renamed to reestimate_batch_norm")]] void settle(network<Model, Weights, Inputs>& net,
                                                                       const dataset<Element>& data,
                                                                       reestimate_options options = {}) {
  reestimate_batch_norm(net, data, options);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/reestimate_batch_norm.ipp>
#endif
