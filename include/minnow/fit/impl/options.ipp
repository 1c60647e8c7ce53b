#pragma once

#include <minnow/fit/options.hpp>

#include <algorithm>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/files/checkpoint.hpp>

namespace minnow::detail {

MINNOW_COLD std::vector<run_fact> facts_of(const source& data, const validation_set* validation,
                                           const run_options& options, std::uint64_t estimators, int moments) {
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

MINNOW_COLD void check_options(const run_options& o, const shape& dimensions) {
  if (o.epochs < 1 || o.batch < 1 || o.alpha_every < 1 || o.quantize_every < 1)
    require(status::failure(
        "fit: expected epochs, batch, alpha_every and quantize_every of at least 1, found %d, %d, %d and %d", o.epochs,
        o.batch, o.alpha_every, o.quantize_every));
  // Images are not shifted along an axis of one pixel, so such an axis does not limit the crop.
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

}  // namespace minnow::detail
