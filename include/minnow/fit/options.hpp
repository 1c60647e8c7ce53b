#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/random.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/data/dataset.hpp>
#include <minnow/fit/batches.hpp>
#include <minnow/fit/checkpoint.hpp>
#include <minnow/fit/ranks.hpp>
#include <minnow/fit/source.hpp>
#include <minnow/train/loss.hpp>

namespace minnow {

/// Options of a run, besides the optimizer and the alpha schedule.
template <class Element>
struct fit_options {
  int epochs = 1;                                ///< at least 1
  int batch = 128;                               ///< images of a step, at least 1; all images if there are fewer
  const dataset<Element>* validation = nullptr;  ///< measured after every epoch
  minnow::seed seed{};                           ///< for the order, the augmentation and the estimator's noise
  loss_function loss = cross_entropy{};
  minnow::augmentation augmentation{};
  augment_function<Element> augment{};  ///< user-defined change to each training image, after `augmentation`
  bool shuffle = true;
  int alpha_every = 1;     ///< steps between two evaluations of the schedule (AB's "optimization frequency")
  int quantize_every = 1;  ///< steps between two quantizations of the weights (AB's "quantizing frequency")
  /// Batches of a batch norm re-estimation, at the end of the run and for each measurement of the quantized network
  /// while alpha < 1; 0: none.
  int batch_norm_batches = 30;
  /// Deprecated: old name of `batch_norm_batches`, which it overrides if it is set. (The attribute would cause a
  /// warning at each copy of the options.)
  int settle_batches = std::numeric_limits<int>::min();
  checkpoint_options checkpoint{};  ///< where the run is saved, to be resumed after it was stopped
  /// Processes that share the run, each with these options; `batch` is the total over all of them.
  minnow::ranks* ranks = nullptr;
};

namespace detail {

/// The options of a run that do not depend on the type of the data's elements.
struct run_options {
  int epochs = 1;
  int batch = 128;
  minnow::seed seed{};
  loss_function loss{};
  minnow::augmentation augmentation{};
  bool augments_own = false;  ///< a user's `augment` is given
  bool shuffle = true;
  int alpha_every = 1;
  int quantize_every = 1;
  int batch_norm_batches = 30;
  checkpoint_options checkpoint{};
  minnow::ranks* ranks = nullptr;
};

/// Copies options; old names replace the present ones if they are set.
template <class Element>
[[nodiscard]] run_options run_options_of(const fit_options<Element>& o) {
  const bool settles = o.settle_batches != std::numeric_limits<int>::min();
  return {o.epochs,         o.batch,
          o.seed,           o.loss,
          o.augmentation,   static_cast<bool>(o.augment),
          o.shuffle,        o.alpha_every,
          o.quantize_every, settles ? o.settle_batches : o.batch_norm_batches,
          o.checkpoint,     o.ranks};
}

/// Facts that must be equal when a run is resumed. The optimizer's rates, the schedules, the loss and `augment` are not
/// compared: keeping them equal is up to the user.
inline std::vector<run_fact> facts_of(const source& data, const validation_set* validation, const run_options& options,
                                      std::uint64_t estimators, int moments) {
  const auto n = [](auto number) { return static_cast<std::uint64_t>(number); };
  return {{"seed", options.seed.value},
          {"epochs", n(options.epochs)},
          {"batch", n(options.batch)},
          {"images", n(data.size())},
          {"checksum of the data", options.checkpoint.path.empty() ? 0 : data.checksum()},
          {"shuffle", n(options.shuffle)},
          {"crop", n(options.augmentation.crop)},
          {"flip", n(options.augmentation.flip)},
          {"augment", n(options.augments_own)},
          {"alpha_every", n(options.alpha_every)},
          {"quantize_every", n(options.quantize_every)},
          {"batch_norm_batches", n(options.batch_norm_batches)},
          {"validation images", n(validation == nullptr ? 0 : validation->size())},
          {"hash of the estimators", estimators},
          {"moments of the optimizer", n(moments)}};
}

/// Refuses options outside their range.
///
/// dimensions   of an image
inline void check_options(const run_options& o, const shape& dimensions) {
  if (o.epochs < 1 || o.batch < 1 || o.alpha_every < 1 || o.quantize_every < 1)
    require(status::failure(
        "fit: expected epochs, batch, alpha_every and quantize_every of at least 1, found %d, %d, %d and %d", o.epochs,
        o.batch, o.alpha_every, o.quantize_every));
  // Images are not shifted along an axis of one pixel, so it does not limit the crop.
  const int height = dimensions.height > 1 ? dimensions.height : dimensions.width,
            width = dimensions.width > 1 ? dimensions.width : height;
  const int crop = o.augmentation.crop, most = std::min(height, width) - 1;
  if (crop < 0 || crop > most)
    require(status::failure("fit: expected a crop of 0 to %d pixels, since images are %dx%d (height, width), found %d",
                            most, dimensions.height, dimensions.width, crop));
  if (o.augmentation.flip && dimensions.width == 1)
    require(status::failure("fit: expected images of more than one column to flip, found %dx%d (height, width)",
                            dimensions.height, dimensions.width));
  if (o.batch_norm_batches < 0)
    require(status::failure("fit: expected batch_norm_batches of at least 0, found %d", o.batch_norm_batches));
  if (o.checkpoint.every < 0)
    require(status::failure("fit: expected checkpoint.every of at least 0, found %lld", o.checkpoint.every));
  if (!o.loss) require(status::failure("fit: expected a loss, found none"));
  if (o.ranks != nullptr && (o.ranks->size() < 1 || o.ranks->rank() < 0 || o.ranks->rank() >= o.ranks->size()))
    require(status::failure("fit: expected a rank from 0 to one less than their number, found rank %d of %d",
                            o.ranks->rank(), o.ranks->size()));
}

}  // namespace detail

}  // namespace minnow
