#include "recipe.hpp"

namespace gallery {

void train_mnist(const options& o) {
  const auto data = images_of_run::holding_out(read_data("mnist", o.data), 5000);
  effort sum;
  mn::network<mnist_net<floats>> of_floats{mn::seed{first_seed}};
  train_phase(of_floats, "mnist-floats", data,
              mn::adam{.rate = 4e-3f, .weight_decay = 1e-2f, .decay = mn::cosine_rate{.to = 0.05f}}, mn::constant{1},
              {.epochs = 14, .augmentation = {.crop = 2}, .average = {.decay = 0.998f}}, o, sum);
  if (o.name == mnist_1::name) {  // from random weights; the floats are the teacher
    mn::network<mnist_1::model, mn::aqe> net{mn::seed{first_seed}};
    train_phase(net, "mnist-1", data, mn::adam{.rate = 1e-2f, .decay = mn::cosine_rate{.to = 0.01f}},
                mn::linear{.from = 0.5f, .to = 1},
                {.epochs = 12, .teacher = {.network = &of_floats, .temperature = 4, .weight = 0.7f}}, o, sum);
    mn::reestimate_batch_norm(net, data.train);
    return finish<mnist_1>(net, data, o, sum);
  }
  mn::network<mnist_4::model> net{mn::seed{first_seed}};
  start_from(of_floats, net, data.train);
  train_phase(net, "mnist-4", data,
              mn::adam{.rate = 2e-3f, .weight_decay = 1e-2f, .decay = mn::cosine_rate{.to = 0.01f}}, mn::constant{1},
              {.epochs = 14, .augmentation = {.crop = 2}, .average = {.decay = 0.998f}}, o, sum);
  finish<mnist_4>(net, data, o, sum);
}

}  // namespace gallery
