#include "recipe.hpp"

namespace gallery {

namespace {

/// Floats first, then 4-bit weights and 8-bit inputs.
void train_four_bits(const images_of_run& data, const options& o) {
  effort sum;
  mn::network<optdigits_net<floats>> of_floats{mn::seed{first_seed}};
  train_phase(of_floats, "optdigits-floats", data, mn::adam{.rate = 3e-3f, .decay = mn::cosine_rate{.to = 0.05f}},
              mn::constant{1}, {.epochs = 40, .batch = 32, .augmentation = {.crop = 1}, .average = {.decay = 0.995f}},
              o, sum);
  mn::network<optdigits_4::model> net{mn::seed{first_seed}};
  start_from(of_floats, net, data.train);
  train_phase(net, "optdigits-4", data, mn::adam{.rate = 1e-3f, .decay = mn::cosine_rate{.to = 0.01f}}, mn::constant{1},
              {.epochs = 20, .batch = 32, .average = {.decay = 0.995f}}, o, sum);
  finish<optdigits_4>(net, data, o, sum);
}

/// 1-bit weights and inputs from random weights, by `aqe`.
void train_one_bit(const images_of_run& data, const options& o) {
  effort sum;
  mn::network<optdigits_1::model, mn::aqe> net{mn::seed{first_seed}};
  train_phase(net, "optdigits-1", data, mn::adam{.rate = 1e-2f, .decay = mn::cosine_rate{.to = 0.01f}},
              mn::linear{.from = 0.5f, .to = 1}, {.epochs = 80, .batch = 32}, o, sum);
  mn::reestimate_batch_norm(net, data.train);
  finish<optdigits_1>(net, data, o, sum);
}

}  // namespace

void train_optdigits(const options& o) {
  const auto data = images_of_run::holding_out(read_data("optdigits", o.data), 400);
  if (o.name == optdigits_1::name) train_one_bit(data, o);
  else train_four_bits(data, o);
}

}  // namespace gallery
