#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/fit/batches.hpp>
#include <minnow/fit/checkpoint.hpp>
#include <minnow/fit/objective.hpp>
#include <minnow/fit/ranks.hpp>
#include <minnow/fit/source.hpp>
#include <minnow/fit/update.hpp>
#include <minnow/train/loss.hpp>

namespace minnow {

/// Options of a run, besides the optimizer and the alpha schedule.
template <class Element>
struct fit_options {
  int epochs = 1;                                ///< at least 1
  int batch = 128;                               ///< images per step, at least 1; all images if there are fewer
  const dataset<Element>* validation = nullptr;  ///< measured after every epoch
  minnow::seed seed{};                           ///< seed of the image order, augmentation and estimator noise
  loss_function loss = cross_entropy{};
  minnow::teacher teacher{};
  loss_weights weights{};
  minnow::augmentation augmentation{};
  augment_function<Element> augment{};  ///< user-defined change to each training image, before `mixup`
  gradient_limits clip_gradients{};
  weight_average average{};  ///< replaces the weights at the end of the run, and for `validation_accuracy`
  bool shuffle = true;
  int alpha_every = 1;     ///< steps between two evaluations of the schedule (Liu & Mattina's "optimization frequency")
  int quantize_every = 1;  ///< steps between two quantizations of the weights (Liu & Mattina's "quantizing frequency")
  /// Number of batches from which batch norm's statistics are re-estimated (fit/reestimate_batch_norm.hpp). This
  /// happens at the end of the run and, while alpha < 1, before each validation of the quantized network. 0: never.
  int batch_norm_batches = 30;
  /// Deprecated: old name of `batch_norm_batches`. If set, it overrides `batch_norm_batches`. It has no deprecated
  /// attribute, because the attribute would cause a warning at each copy of the options.
  int settle_batches = std::numeric_limits<int>::min();
  checkpoint_options checkpoint{};  ///< file from which an interrupted run can be resumed
  /// Processes that share the run; each process passes the same options, and `batch` is the total over all processes.
  /// Null: only this process.
  minnow::ranks* ranks = nullptr;
};

namespace detail {

struct run_fact;

/// The options of a run that do not depend on the type of the data's elements.
struct run_options {
  int epochs = 1;
  int batch = 128;
  minnow::seed seed{};
  loss_function loss{};
  minnow::teacher teacher{};
  loss_weights weights{};
  minnow::augmentation augmentation{};
  bool augments_own = false;  ///< true if the user has given `augment`
  gradient_limits clip_gradients{};
  weight_average average{};
  bool shuffle = true;
  int alpha_every = 1;
  int quantize_every = 1;
  int batch_norm_batches = 30;
  checkpoint_options checkpoint{};
  minnow::ranks* ranks = nullptr;
};

/// Copies options. An option that is set under its old name takes precedence.
template <class Element>
[[nodiscard]] run_options run_options_of(const fit_options<Element>& o) {
  const bool settles = o.settle_batches != std::numeric_limits<int>::min();
  run_options result{.epochs = o.epochs, .batch = o.batch, .seed = o.seed, .loss = o.loss};
  result.teacher = o.teacher;
  result.weights = o.weights;
  result.augmentation = o.augmentation;
  result.augments_own = static_cast<bool>(o.augment);
  result.clip_gradients = o.clip_gradients;
  result.average = o.average;
  result.shuffle = o.shuffle;
  result.alpha_every = o.alpha_every;
  result.quantize_every = o.quantize_every;
  result.batch_norm_batches = settles ? o.settle_batches : o.batch_norm_batches;
  result.checkpoint = o.checkpoint;
  result.ranks = o.ranks;
  return result;
}

/// Facts that must be equal when a run is resumed. The optimizer's rates, the schedules, the loss, `augment` and the
/// weights of a teacher's network are not compared: keeping them equal is up to the user.
std::vector<run_fact> facts_of(const source& data, const validation_set* validation, const run_options& options,
                               std::uint64_t estimators, int moments);

/// Refuses options outside their range.
///
/// dimensions   of an image
void check_options(const run_options& o, const shape& dimensions);

}  // namespace detail

}  // namespace minnow

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/options.ipp>
#endif
