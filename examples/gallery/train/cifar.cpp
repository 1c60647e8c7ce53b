#include "recipe.hpp"

namespace gallery {

/// 1-bit weights and inputs from random weights, by `aqe`.
void train_cifar(const options& o) {
  const auto data = images_of_run::holding_out(read_data("cifar-10", o.data), 2000);
  effort sum;
  mn::network<cifar_1::model, mn::aqe> net{mn::seed{first_seed}};
  train_phase(net, "cifar-1", data, mn::adam{.rate = 5e-3f, .decay = mn::cosine_rate{.to = 0.01f}},
              mn::linear{.from = 0.5f, .to = 1}, {.epochs = 8, .augmentation = {.crop = 2, .flip = true}}, o, sum);
  mn::reestimate_batch_norm(net, data.train);
  finish<cifar_1>(net, data, o, sum);
}

}  // namespace gallery
