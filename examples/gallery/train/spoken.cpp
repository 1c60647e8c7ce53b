#include "recipe.hpp"

namespace gallery {

void train_spoken(const options& o) {
  auto [train, test] = read_data("spoken-digits", o.data, 16);
  const images_of_run data{std::move(train), spoken::load(o.data, spoken::of_validation), std::move(test)};
  const mn::augmentation shifts{.crop = 2, .cutout = 10, .mixup = 0.2f};
  const mn::loss_function loss = mn::cross_entropy{.smoothing = 0.1f};
  effort sum;
  mn::network<spoken_net<floats>> of_floats{mn::seed{first_seed}};
  train_phase(of_floats, "spoken-floats", data,
              mn::adam{.rate = 3e-3f, .weight_decay = 2e-2f, .decay = mn::cosine_rate{.to = 0.05f}}, mn::constant{1},
              {.epochs = 10, .batch = 64, .loss = loss, .augmentation = shifts, .average = {.decay = 0.998f}}, o, sum);
  mn::network<spoken_4::model> net{mn::seed{first_seed}};
  start_from(of_floats, net, data.train);
  train_phase(net, "spoken-4", data,
              mn::adam{.rate = 1e-3f, .weight_decay = 2e-2f, .decay = mn::cosine_rate{.to = 0.01f}}, mn::constant{1},
              {.epochs = 8, .batch = 64, .loss = loss, .augmentation = shifts, .average = {.decay = 0.998f}}, o, sum);
  finish<spoken_4>(net, data, o, sum);
}

}  // namespace gallery
