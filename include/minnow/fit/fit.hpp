#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

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

/// Calls observer(e, net, epochs) or, if it takes only two arguments, observer(e, net). Returns its result; true if it
/// returns nothing.
template <class Observer, class Network>
bool observed(Observer& observer, const event& e, Network& net, const std::vector<event>& epochs) {
  const auto call = [&]() -> decltype(auto) {
    if constexpr (std::is_invocable_v<Observer&, const event&, Network&, const std::vector<event>&>)
      return observer(e, net, epochs);
    else return observer(e, net);
  };
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    return true;
  } else {
    return static_cast<bool>(call());
  }
}

/// Creates the updater of a run. The run itself calls this function, so that the other ranks (processes, see
/// fit/ranks.hpp) are notified if the optimizer is invalid.
using updater_maker = std::function<std::unique_ptr<updater_base>()>;

/// The functions of a run that know the type of the network.
struct run_hooks {
  updater_maker make_updater;
  /// Returns a copy of the network.
  std::function<std::shared_ptr<network_base>()> copy;
  /// Calls the observer with an event, the trained network or its copy, and the finished epochs. Returns false to stop
  /// the run.
  std::function<bool(const event&, network_base&, const std::vector<event>&)> observe;
};

/// The loop of `fit`, shared by all networks.
///
/// estimators   hash that identifies the network's estimators
history run(network_base& net, source& data, const validation_set* validation, const run_hooks& hooks,
            const std::function<float(const progress&)>& alpha_at, const run_options& options,
            std::uint64_t estimators);

/// Implements `fit` for a typed network and any source of images: calls `run`, which does not depend on the types.
template <class Element, class Model, class Weights, class Inputs, optimizer Optimizer, class Observer>
history fit_from(network<Model, Weights, Inputs>& net, source& images, Optimizer optimizer,
                 const std::function<float(const progress&)>& alpha_at, const fit_options<Element>& options,
                 Observer& observer) {
  check_type<Model, Element>();
  if (sizeof(Element) != 1 && options.teacher.network != nullptr && options.teacher.network->takes_pixels())
    require(status::failure("fit: expected images of bytes for a teacher that begins with pixels, found floats"));
  // A lambda without captures is never null, but can be compared with null because it converts to a pointer.
  if constexpr (!std::is_empty_v<Observer> && requires { observer == nullptr; })
    if (observer == nullptr) require(status::failure("fit: expected an observer, found an empty one"));
  constexpr std::uint64_t estimators = hash(Inputs::name().view(), hash(Weights::name().view()));
  using trained = network<Model, Weights, Inputs>;
  run_hooks hooks;
  hooks.make_updater = [&] {
    return std::make_unique<updater<Optimizer>>(std::move(optimizer), options.clip_gradients, options.average);
  };
  hooks.copy = [&net] { return std::make_shared<trained>(net); };
  hooks.observe = [&observer](const event& e, network_base& seen, const std::vector<event>& epochs) {
    return observed(observer, e, static_cast<trained&>(seen), epochs);
  };
  std::optional<validation_dataset<Element>> validation;
  if (options.validation != nullptr) validation.emplace(*options.validation);
  return run(net, images, validation ? &*validation : nullptr, hooks, alpha_at, run_options_of(options), estimators);
}

}  // namespace detail

/// Trains a network, then re-estimates its batch norm statistics as `reestimate_batch_norm` does.
///
/// optimizer   adam, sgd or a user-defined one
/// schedule    alpha over the run; `ste` ignores it
/// observer    called as observer(event, net) or observer(event, net, epochs) after every step and epoch; `epochs` are
///             the events of the finished epochs, including epochs before the run was resumed; returning false stops
///             the run
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
