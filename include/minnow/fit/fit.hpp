#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <minnow/core/text.hpp>
#include <minnow/fit/history.hpp>
#include <minnow/fit/options.hpp>
#include <minnow/fit/source.hpp>
#include <minnow/fit/update.hpp>
#include <minnow/schedule/window.hpp>
#include <minnow/train/evaluate.hpp>
#include <minnow/train/network.hpp>

namespace minnow {

namespace detail {

struct no_observer {
  template <class Network>
  void operator()(const event&, Network&) const noexcept {}
};

/// Creates the updater of a run. The run itself calls this function, so that the other ranks (processes, see
/// fit/ranks.hpp) are notified if the optimizer is invalid.
using updater_maker = std::function<std::unique_ptr<updater_base>()>;

/// The loop of `fit`, shared by all networks. `observe` returns false to stop the run.
///
/// estimators   hash that identifies the network's estimators
history run(network_base& net, source& data, const validation_set* validation, const updater_maker& make_updater,
            const std::function<float(const progress&)>& alpha_at, const run_options& options, std::uint64_t estimators,
            const std::function<bool(const event&)>& observe);

/// Implements `fit` for a typed network and any source of images: calls `run`, which does not depend on the types.
template <class Element, class Model, class Weights, class Inputs, optimizer Optimizer, class Observer>
history fit_from(network<Model, Weights, Inputs>& net, source& images, Optimizer optimizer,
                 const std::function<float(const progress&)>& alpha_at, const fit_options<Element>& options,
                 Observer& observer) {
  check_type<Model, Element>();
  // A lambda without captures is never null, but can be compared with null because it converts to a pointer.
  if constexpr (!std::is_empty_v<Observer> && requires { observer == nullptr; })
    if (observer == nullptr) require(status::failure("fit: expected an observer, found an empty one"));
  constexpr std::uint64_t estimators = hash(Inputs::name().view(), hash(Weights::name().view()));
  const auto observe = [&](const event& e) {
    if constexpr (std::is_void_v<decltype(observer(e, net))>) {
      observer(e, net);
      return true;
    } else {
      return static_cast<bool>(observer(e, net));
    }
  };
  std::optional<validation_dataset<Element>> validation;
  if (options.validation != nullptr) validation.emplace(*options.validation);
  const auto make_updater = [&] { return std::make_unique<updater<Optimizer>>(std::move(optimizer)); };
  return run(net, images, validation ? &*validation : nullptr, make_updater, alpha_at, run_options_of(options),
             estimators, observe);
}

}  // namespace detail

/// Trains a network, then re-estimates its batch norm statistics as `reestimate_batch_norm` does.
///
/// optimizer   adam, sgd or a user-defined one
/// schedule    alpha over the run; `ste` ignores it
/// observer    called as observer(event, net) after every step and epoch; returning false stops the run
/// throws      empty data, labels out of range, images of another shape, a NaN in the data; options, optimizer
///             parameters or learning rates out of range, an alpha outside [0, 1]; a checkpoint that cannot be written
///             or read; exceptions of the user's functions; a run that diverged: a loss, gradient, parameter, moment or
///             statistic that is not finite. The message then names the step, the layer and the array. The network
///             remains as that step left it; the last checkpoint is from before that step. With several ranks, an error
///             on one rank is thrown on all ranks
template <class Model, class Weights, class Inputs, class Element, optimizer Optimizer, schedule Schedule,
          class Observer = detail::no_observer>
history fit(network<Model, Weights, Inputs>& net, const dataset<Element>& data, Optimizer optimizer,
            const Schedule& alpha_at, const std::type_identity_t<fit_options<Element>>& options = {},
            Observer observer = {}) {
  detail::dataset_source<Element> images(data, {options.augmentation, options.augment});
  return detail::fit_from<Element>(net, images, std::move(optimizer), alpha_at, options, observer);
}

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/fit.ipp>
#endif
