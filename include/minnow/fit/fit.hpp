#pragma once

#include <chrono>
#include <cmath>
#include <functional>
#include <type_traits>
#include <vector>

#include <minnow/fit/settle.hpp>
#include <minnow/fit/update.hpp>
#include <minnow/schedule/window.hpp>
#include <minnow/train/loss.hpp>

namespace minnow {

/// How a run goes, beside optimizer and alpha schedule.
template <class T>
struct fit_options {
  int epochs = 1;
  int batch = 128;
  const dataset<T>* validation = nullptr;  ///< measured after every epoch
  minnow::seed seed{};                     ///< of the order, the augmentation and the estimator's noise
  loss_function loss = cross_entropy{};
  minnow::augmentation augmentation{};
  bool shuffle = true;
  int alpha_every = 1;      ///< steps between two looks at the schedule (AB's "optimization frequency")
  int quantize_every = 1;   ///< steps between two quantizations of the weights (AB's "quantizing frequency")
  int settle_batches = 30;  ///< at the end, and for each measurement of the quantized network while alpha < 1; 0: never
};

/// What an observer sees after every step, and with `epoch_end` after every epoch.
struct event {
  bool epoch_end = false;
  int epoch = 0;             ///< from 1
  int epochs = 0;
  long long step = 0;        ///< from 1, of the whole run
  long long steps = 0;
  double loss = 0;           ///< of the batch; at an epoch's end the epoch's mean
  double accuracy = 0;       ///< of the network as trained (blended) on training images, batch or epoch
  double blended = 0;        ///< at an epoch's end, on the validation set: of the network as trained,
  double quantized = 0;      ///< and of the quantized one that is shipped (its weights as of the last quantization)
  float alpha = 0;
  float rate = 0;
  double seconds = 0;        ///< since the run began
};

/// What a run came to: the events of its epochs.
struct history {
  std::vector<event> epochs;
  bool stopped = false;  ///< by the observer
  double seconds = 0;
};

namespace detail {

struct no_observer {
  template <class Network>
  void operator()(const event&, Network&) const noexcept {}
};

/// The loop of `fit`, for every network alike. `observe` returns false to stop.
template <class T, optimizer Optimizer>
history run(untyped_network& net, const dataset<T>& data, Optimizer optimizer, const std::function<float(const progress&)>& alpha_at,
            const fit_options<T>& options, const std::function<bool(const event&)>& observe) {
  check_data(net, data, "fit");
  check_labels(net, data, "fit");
  if (options.validation != nullptr) {
    check_data(net, *options.validation, "fit: validation");
    check_labels(net, *options.validation, "fit: validation");
  }
  if (options.epochs < 1 || options.batch < 1 || options.alpha_every < 1 || options.quantize_every < 1)
    require(status::failure("fit: expected epochs, batch, alpha_every and quantize_every of at least 1, found %d, %d, %d and %d",
                            options.epochs, options.batch, options.alpha_every, options.quantize_every));
  if (options.augmentation.crop < 0)
    require(status::failure("fit: expected a crop of at least 0 pixels, found %d", options.augmentation.crop));

  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  const random draws(options.seed);
  const auto settled = [&](bool requantize) {
    if (options.settle_batches > 0) settle(net, data, {options.settle_batches, options.batch, options.seed}, requantize);
  };
  // Measuring leaves the run as it is: weights that are quantized every few steps keep their codes.
  const bool renews = options.quantize_every == 1;

  updater<Optimizer> update(std::move(optimizer));
  history result;
  event now{.epochs = options.epochs};
  const int steps_per_epoch = ceil_div(data.size(), options.batch);
  now.steps = static_cast<long long>(steps_per_epoch) * options.epochs;
  std::vector<int> labels;
  std::vector<float> gradient;
  pass p{.mode = mode::train};

  for (now.epoch = 1; now.epoch <= options.epochs && !result.stopped; ++now.epoch) {
    const batches<T> order(data, options.augmentation, options.shuffle, draws.stream(static_cast<std::uint64_t>(now.epoch)));
    double loss_sum = 0;
    double correct = 0;
    int seen = 0;
    for (int first = 0; first < data.size() && !result.stopped; first += options.batch) {
      const progress at{now.step, now.steps, steps_per_epoch};
      if (now.step % options.alpha_every == 0) p.alpha = alpha_at(at);
      p.requantize = now.step % options.quantize_every == 0;
      p.noise = draws.stream(0x4015e).stream(static_cast<std::uint64_t>(now.step));
      const int count = std::min(options.batch, data.size() - first);
      order.into(net, first, count, labels);
      const auto z = net.forward(p);
      gradient.resize(z.size());
      now.loss = options.loss(z, labels, gradient);
      if (!std::isfinite(now.loss)) {
        const std::string_view where = net.first_not_finite();
        const double shown = std::isnan(now.loss) ? std::abs(now.loss) : now.loss;  // a NaN's sign says nothing
        require(status::failure("fit: the loss is %f at step %lld; the first layer with a NaN or an infinity is %.*s", shown, now.step + 1,
                                where.empty() ? 4 : static_cast<int>(where.size()), where.empty() ? "none" : where.data()));
      }
      int right = 0;
      const auto classes = static_cast<std::size_t>(net.outputs());
      for (std::size_t n = 0; n < labels.size(); ++n) right += argmax(z.subspan(n * classes, classes)) == labels[n];
      net.backward(gradient, p);
      update.step(net, at, p.alpha, (now.step + 1) % options.quantize_every == 0);

      ++now.step;
      seen += count;
      loss_sum += now.loss * count;
      correct += right;
      now.accuracy = static_cast<double>(right) / count;
      now.alpha = p.alpha;
      now.rate = update.rate();
      now.seconds = elapsed();
      result.stopped = !observe(now);
    }

    event end = now;
    end.epoch_end = true;
    end.loss = loss_sum / seen;
    end.accuracy = correct / seen;
    if (options.validation != nullptr) {
      end.blended = accuracy(net, *options.validation, p.alpha, renews);
      if (net.real_part(p.alpha) > 0 && options.settle_batches > 0) {
        const auto kept = exchange_statistics(net);
        settled(renews);
        end.quantized = accuracy(net, *options.validation, 1, renews);
        exchange_statistics(net, &kept);
      } else {
        end.quantized = accuracy(net, *options.validation, 1, renews);
      }
    }
    end.seconds = elapsed();
    result.epochs.push_back(end);
    result.stopped = !observe(end) || result.stopped;
  }
  settled(true);
  result.seconds = elapsed();
  return result;
}

}  // namespace detail

/// Trains a network, and settles it.
///
/// optimizer   adam, sgd or one's own
/// schedule    alpha over the run; `ste` ignores it
/// observer    called as observer(event, net) after every step and epoch; returning false stops the run
/// throws      empty data, labels out of range, another shape, a NaN in the data; a loss that is not finite (naming step
///             and layer): the network then stands as it was at that step
template <class Model, class W, class I, class T, optimizer Optimizer, schedule Schedule, class Observer = detail::no_observer>
history fit(network<Model, W, I>& net, const dataset<T>& data, Optimizer optimizer, const Schedule& alpha_at,
            const std::type_identity_t<fit_options<T>>& options = {}, Observer observer = {}) {
  detail::check_type<Model, T>();
  return detail::run<T, Optimizer>(net, data, std::move(optimizer), alpha_at, options, [&](const event& e) {
    if constexpr (std::is_void_v<decltype(observer(e, net))>) {
      observer(e, net);
      return true;
    } else {
      return static_cast<bool>(observer(e, net));
    }
  });
}

}  // namespace minnow
