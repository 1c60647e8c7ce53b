#include "recipe.hpp"

namespace gallery {

void train_fashion(const options& o) {
  const auto data = images_of_run::holding_out(read_data("fashion-mnist", o.data), 5000);
  effort sum;
  mn::network<fashion_net<floats>> of_floats{mn::seed{first_seed}};
  train_phase(of_floats, "fashion-floats", data,
              mn::adam{.rate = 3e-3f, .weight_decay = 2e-2f, .decay = mn::cosine_rate{.to = 0.05f}}, mn::constant{1},
              {.epochs = 10, .augmentation = {.crop = 1, .flip = true}, .average = {.decay = 0.998f}}, o, sum);
  const mn::adam later{.rate = 1e-3f, .weight_decay = 2e-2f, .decay = mn::cosine_rate{.to = 0.01f}};
  const mn::fit_options<std::uint8_t> how{.epochs = 8,
                                          .teacher = {.network = &of_floats, .temperature = 3, .weight = 0.5f},
                                          .augmentation = {.crop = 1, .flip = true},
                                          .average = {.decay = 0.998f}};
  const auto quantize = [&]<class Entry>(mn::network<typename Entry::model>& net, Entry) {
    start_from(of_floats, net, data.train);
    train_phase(net, std::string(Entry::name), data, later, mn::constant{1}, how, o, sum);
    finish<Entry>(net, data, o, sum);
  };
  if (o.name == fashion_1::name) {
    mn::network<fashion_1::model> net{mn::seed{first_seed}};
    quantize(net, fashion_1{});
  } else {
    mn::network<fashion_4::model> net{mn::seed{first_seed}};
    quantize(net, fashion_4{});
  }
}

}  // namespace gallery
