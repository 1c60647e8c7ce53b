// Compares one training step with a teacher, weights, cutout, limits of gradients and an average of the weights on n
// ranks with the same step on a single rank. Checks that a longer run leaves the same bits on all ranks, and that only
// rank 0 writes the files of observers.
//
// usage: mpirun -n N recipes

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <minnow/estimate/ste.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/fit/observers.hpp>
#include <minnow/layers/activation.hpp>
#include <minnow/layers/bias.hpp>
#include <minnow/layers/pool.hpp>
#include <minnow/schedule/constant.hpp>

#include "../random_numbers.hpp"
#include "../system/data_files.hpp"
#include "program.hpp"

namespace {

using namespace minnow;

struct of_floats
    : model<image<1, 14, 14>, conv<8, scheme<pixels, real>>, batch_norm, relu, max_pool<2>, dense<10>, bias> {};
struct of_signs : model<image<1, 14, 14>, conv<12, scheme<pixels, sign>>, max_pool<2>, batch_norm,
                        dense<10, minw<1, 1>>, batch_norm> {};

constexpr int recipe_images = 62;

fit_options<std::uint8_t> recipe(const std::vector<float>& teacher, const std::vector<float>& weights) {
  fit_options<std::uint8_t> options{.batch = recipe_images, .loss = cross_entropy{.smoothing = 0.1f}};
  options.teacher = {.logits = teacher, .temperature = 2, .weight = 0.5f};
  options.weights.images = weights;
  options.augmentation = {.crop = 1, .flip = true, .cutout = 4};
  options.clip_gradients = {.norm = 0.5f};
  options.average = {.decay = 0.9f};
  options.batch_norm_batches = 0;
  return options;
}

/// Compares a step on one rank with the same step on all ranks.
void equal(data_parallel& ranks) {
  const auto data = test::small_digits(recipe_images, seed{10});
  const auto teacher = test::uniform(10 * recipe_images, 1, -3, 3), weights = test::uniform(recipe_images, 2, 0, 2);
  network<of_floats> one{seed{1}}, all{seed{1}};
  auto options = recipe(teacher, weights);
  const history alone = fit(one, data, sgd{.rate = 1}, constant{1}, options);
  options.ranks = &ranks;
  const history shared = fit(all, data, sgd{.rate = 1}, constant{1}, options);
  MPI_EXPECT(test::same_on_all(ranks, test::checksum(all)), "%s", "ranks hold other bits");
  double furthest = std::abs(alone.epochs[0].loss - shared.epochs[0].loss) / alone.epochs[0].loss;
  const auto expected = test::arrays(one), found = test::arrays(all);
  for (std::size_t a = 0; a < expected.size(); ++a)
    for (std::size_t i = 0; i < expected[a].values.size(); ++i)
      furthest = std::max(
          furthest, std::abs(static_cast<double>(expected[a].values[i]) - static_cast<double>(found[a].values[i])));
  if (ranks.rank() == 0) std::printf("%d ranks, a step of a recipe: %.2g\n", ranks.size(), furthest);
  MPI_EXPECT(furthest <= 1e-5, "a step differs by %g", furthest);
}

/// Runs three epochs of small batches twice.
void repeats(data_parallel& ranks) {
  const auto data = test::small_digits(recipe_images, seed{10});
  const auto teacher = test::uniform(10 * recipe_images, 1, -3, 3), weights = test::uniform(recipe_images, 2, 0, 2);
  std::uint32_t crcs[2];
  for (std::uint32_t& crc : crcs) {
    const data_files::folder where;  // of this rank
    network<of_signs> net{seed{1}};
    auto options = recipe(teacher, weights);
    options.epochs = 3;
    options.batch = 26;
    options.batch_norm_batches = 2;
    options.validation = &data;
    options.ranks = &ranks;
    options.augmentation.mixup = 0.3f;
    options.teacher = {};
    (void)fit(net, data, adam{.rate = 1e-2f}, constant{1}, options,
              observers{keep_best{where.path("best")}, csv_log{where.path("csv")}, stop_early{}});
    MPI_EXPECT(where.names().size() == (ranks.rank() == 0 ? 2u : 0u), "%zu files", where.names().size());
    crc = test::checksum(net);
    MPI_EXPECT(test::same_on_all(ranks, crc), "%s", "ranks hold other bits");
  }
  MPI_EXPECT(crcs[0] == crcs[1], "%s", "another run has other bits");
}

}  // namespace

int main(int count, char** arguments) {
  return test::run(count, arguments, [] {
    set_threads(1);
    data_parallel together{MPI_COMM_WORLD, {.synchronized_statistics = true, .timeout = 60, .bucket_bytes = 4096}};
    equal(together);
    repeats(together);
  });
}
