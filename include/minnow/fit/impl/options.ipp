#pragma once

#include <minnow/fit/options.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <span>

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>
#include <minnow/files/checkpoint.hpp>
#include <minnow/files/container.hpp>

namespace minnow::detail {

MINNOW_COLD std::vector<run_fact> facts_of(const source& data, const validation_set* validation,
                                           const run_options& options, std::uint64_t estimators, int moments) {
  const auto n = [](auto number) { return static_cast<std::uint64_t>(number); };
  std::vector<run_fact> facts{{"seed", options.seed.value},
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
  // Facts of newer options exist only if the option is used, so that checkpoints of older versions can be resumed.
  const auto add = [&](const char* name, bool used, std::uint64_t value) {
    if (used) facts.push_back({name, value});
  };
  const auto bits = [](float number) { return std::uint64_t{std::bit_cast<std::uint32_t>(number)}; };
  const auto checksum = [&](std::span<const float> numbers) {
    return options.checkpoint.path.empty() ? 0 : std::uint64_t{crc32(std::as_bytes(numbers))};
  };
  const minnow::teacher& t = options.teacher;
  const bool taught = t.network != nullptr || !t.logits.empty();
  add("cutout", options.augmentation.cutout != 0, n(options.augmentation.cutout));
  add("bits of mixup", options.augmentation.mixup != 0, bits(options.augmentation.mixup));
  add("model of the teacher", t.network != nullptr, t.network != nullptr ? t.network->fingerprint() : 0);
  add("checksum of the teacher's logits", !t.logits.empty(), checksum(t.logits));
  add("bits of the teacher's temperature", taught, bits(t.temperature));
  add("bits of the teacher's weight", taught, bits(t.weight));
  add("checksum of the weights of classes", !options.weights.classes.empty(), checksum(options.weights.classes));
  add("checksum of the weights of images", !options.weights.images.empty(), checksum(options.weights.images));
  add("bits of the limit of the gradients' norm", std::isfinite(options.clip_gradients.norm),
      bits(options.clip_gradients.norm));
  add("bits of the limit of the gradients' values", std::isfinite(options.clip_gradients.value),
      bits(options.clip_gradients.value));
  add("bits of the average's decay", options.average.decay != 0, bits(options.average.decay));
  return facts;
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
  if (o.augmentation.cutout < 0)
    require(status::failure("fit: expected a cutout of at least 0 pixels, found %d", o.augmentation.cutout));
  if (!(o.augmentation.mixup >= 0 && o.augmentation.mixup <= 1))
    require(status::failure("fit: expected a mixup from 0 to 1, found %g", static_cast<double>(o.augmentation.mixup)));
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
