#pragma once

#include <minnow/fit/fit.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/classify.hpp>
#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/fit/impl/checkpoint.ipp>
#include <minnow/fit/impl/ranks.ipp>
#include <minnow/fit/reestimate_batch_norm.hpp>
#include <minnow/fit/share_run.hpp>

namespace minnow::detail {

/// Refuses a step if its loss or a gradient of the loss is not finite.
MINNOW_COLD status check_loss(const network_base& net, double loss, std::span<const float> gradient,
                              long long step) noexcept {
  const auto odd = std::find_if(gradient.begin(), gradient.end(), [](float g) { return !std::isfinite(g); });
  if (std::isfinite(loss) && odd == gradient.end()) return {};
  const std::string_view found = net.first_not_finite(), where = found.empty() ? std::string_view("none") : found;
  const int length = static_cast<int>(where.size());
  const double shown = std::isnan(loss) ? std::abs(loss) : loss;  // the sign of a NaN has no meaning
  if (!std::isfinite(loss))
    return status::failure("fit: the loss is %f at step %lld; the first layer with a NaN or an infinity is %.*s", shown,
                           step, length, where.data());
  return status::failure(
      "fit: the loss's gradient holds a NaN or an infinity at step %lld, of image %td of the batch; the first layer "
      "with one is %.*s",
      step, (odd - gradient.begin()) / net.outputs(), length, where.data());
}

/// Runs one rank's part of a run.
///
/// all   the ranks; null: this process is alone
MINNOW_COLD history run_on(ranks* all, network_base& net, source& data, const validation_set* validation,
                           const run_hooks& hooks, const std::function<float(const progress&)>& alpha_at,
                           const run_options& options, std::uint64_t estimators) {
  data.check(net, "fit");
  if (validation != nullptr) validation->check(net, "fit: validation");
  check_options(options, net.input());
  objective loss(options.loss, options.teacher, options.weights);
  loss.check(net, data.size(), options.augmentation.mixup > 0);
  if (!alpha_at) require(status::failure("fit: expected a schedule, found none"));

  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  const random draws(options.seed);
  const share own = all != nullptr ? share{all->rank(), all->size()} : share{};
  run_position at;
  // Re-estimation collects batch norm's statistics over whole batches on all ranks, even if each rank collects its own
  // during training.
  const auto settled = [&](network_base& of_net, bool requantize) {
    if (options.batch_norm_batches > 0)
      pass_over(of_net, data, mode::reestimate, {options.batch_norm_batches, options.batch, options.seed}, requantize,
                own, all, at.step);
  };
  const auto accuracy_at = [&](network_base& of_net, float alpha, bool requantize) {
    const int count = validation->size();
    double right = validation->count_correct(of_net, alpha, requantize, own.first(count), own.end(count));
    if (all != nullptr) all->sum(std::span(&right, 1));
    return right / count;
  };
  const auto on_any = [&](bool yes) { return all != nullptr ? all->largest(yes) > 0 : yes; };
  // Validation must not change the run: if weights are quantized only every few steps, they keep their codes.
  const bool renews = options.quantize_every == 1;

  const std::unique_ptr<updater_base> made = hooks.make_updater();
  updater_base& update = *made;
  event now;
  now.epochs = options.epochs;
  now.validation_images = validation != nullptr ? validation->size() : 0;
  now.rank = own.index;
  const int steps_per_epoch = ceil_div(data.size(), options.batch);
  now.steps = static_cast<long long>(steps_per_epoch) * options.epochs;
  const std::vector<run_fact> facts = facts_of(data, validation, options, estimators, update.moment_count());
  if (all != nullptr) check_ranks(*all, net, facts, data.size(), options.batch);
  checkpoints kept(own.index == 0 ? options.checkpoint : checkpoint_options{}, net, update, facts, options.epochs,
                   options.batch, now.steps);
  kept.resume(at);
  std::optional<gradient_sums> sums;
  std::optional<step_agreement> step_of_all;
  parameter_visitor ready;
  if (all != nullptr) {
    share_run(*all, net, update, at);
    sums.emplace(*all, net);
    step_of_all.emplace(net);
    ready = [&](const parameter& of_layer) { sums->take(of_layer); };
  }
  for (event& done : at.epochs) {
    done.validation_images = now.validation_images;
    done.rank = now.rank;
  }
  targets of;
  const std::vector<network_base*> networks = loss.networks(net);
  std::vector<float> gradient;
  pass p{.mode = mode::train,
         .alpha = at.alpha,
         .over_ranks = all != nullptr && all->synchronized_statistics() ? all : nullptr};
  bool stopped = false;

  for (now.epoch = static_cast<int>(at.step / steps_per_epoch) + 1; now.epoch <= options.epochs && !stopped;
       ++now.epoch) {
    const int first_step = static_cast<int>(at.step % steps_per_epoch);
    data.begin({.stream = draws.stream(static_cast<std::uint64_t>(now.epoch)),
                .augments = true,
                .shuffles = options.shuffle,
                .batch = options.batch,
                .part = own,
                .first_step = first_step});
    for (int step = first_step; step < steps_per_epoch && !stopped; ++step) {
      const progress of_run{at.step, now.steps, steps_per_epoch};
      p.requantize = at.step % options.quantize_every == 0;
      kept.between(at, p.requantize);
      p.step = at.step + 1;
      if (at.step % options.alpha_every == 0) p.alpha = alpha_at(of_run);
      if (!(p.alpha >= 0 && p.alpha <= 1))
        require(status::failure("fit: expected an alpha from 0 to 1 of the schedule, found %g at step %lld",
                                static_cast<double>(p.alpha), p.step));
      p.noise = draws.stream(0x4015e).stream(static_cast<std::uint64_t>(at.step));
      const int count = std::min(options.batch, data.size() - step * options.batch);
      p.first_image = own.first(count);
      data.load(networks, step, of);
      const auto z = net.forward(p);
      gradient.resize(z.size());
      now.loss = loss(z, of, gradient, p.step);
      require(check_loss(net, now.loss, gradient, p.step));
      int right = 0;
      const auto classes = index(net.outputs());
      for (std::size_t n = 0; n < of.labels.size(); ++n)
        right += argmax(z.subspan(n * classes, classes)) == of.labels[n];
      if (all == nullptr) {
        net.backward(gradient, p);
      } else {
        const auto images = static_cast<double>(of.labels.size());
        for (float& g : gradient) g *= static_cast<float>(images / count);
        net.backward(gradient, p, &ready);
        sums->take_rest();
        double of_step[] = {now.loss * images, static_cast<double>(right)};
        step_of_all->agree(*all, of_step);
        now.loss = of_step[0] / count;
        right = static_cast<int>(of_step[1]);
        sums->finish();
      }
      update.step(net, of_run, p.alpha, (at.step + 1) % options.quantize_every == 0);
      net.check_finite("fit", p.step, false);

      at.loss += now.loss * count;
      at.correct += right;
      at.seen += count;
      now.step = ++at.step;
      now.accuracy = static_cast<double>(right) / count;
      now.alpha = at.alpha = p.alpha;
      now.rate = at.rate = update.rate();
      now.seconds = elapsed();
      stopped = on_any(!hooks.observe(now, net, at.epochs));
    }

    net.check_finite("fit", at.step, true);
    event end = now;
    end.epoch_end = true;
    end.loss = at.loss / at.seen;
    end.accuracy = at.correct / at.seen;
    if (validation != nullptr) end.validation_accuracy_blended = accuracy_at(net, p.alpha, renews);
    std::shared_ptr<network_base> averaged;
    if (update.averages()) {
      averaged = hooks.copy();
      update.put_averages(*averaged);
      settled(*averaged, true);
      if (validation != nullptr) end.validation_accuracy = accuracy_at(*averaged, 1, true);
    } else if (validation != nullptr && net.unquantized_fraction(p.alpha) > 0 && options.batch_norm_batches > 0) {
      const auto statistics = exchange_statistics(net);
      settled(net, renews);
      end.validation_accuracy = accuracy_at(net, 1, renews);
      exchange_statistics(net, &statistics);
    } else if (validation != nullptr) {
      end.validation_accuracy = accuracy_at(net, 1, renews);
    }
    end.seconds = elapsed();
    at.epochs.push_back(end);
    at.loss = at.correct = at.seen = 0;
    stopped = on_any(!hooks.observe(end, averaged ? *averaged : net, at.epochs)) || stopped;
  }
  // A run stopped by its observer writes no final checkpoint.
  if (!stopped) kept.between(at, true);
  if (update.averages()) update.put_averages(net);
  settled(net, true);
  return {std::move(at.epochs), stopped, elapsed()};
}

MINNOW_COLD history run(network_base& net, source& data, const validation_set* validation, const run_hooks& hooks,
                        const std::function<float(const progress&)>& alpha_at, const run_options& options,
                        std::uint64_t estimators) {
  ranks* const all = options.ranks != nullptr && options.ranks->size() > 1 ? options.ranks : nullptr;
  try {
    return run_on(all, net, data, validation, hooks, alpha_at, options, estimators);
  } catch (const std::exception& e) {
    if (all != nullptr) all->failed(e.what());
    throw;
  }
}

}  // namespace minnow::detail
