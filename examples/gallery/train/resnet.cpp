#include <minnow/exchange/safetensors.hpp>

#include "../../firmware/mlperf_tiny/resnet_8_names.hpp"
#include "recipe.hpp"

namespace gallery {

/// From the published floats, which are the teacher too.
void train_resnet(const options& o) {
  if (o.weights.empty()) throw std::invalid_argument("expected --weights WEIGHTS.safetensors, found none");
  const auto data = images_of_run::holding_out(read_data("cifar-10", o.data), 2000);
  effort sum;
  mn::network<resnet_8_floats> of_floats;
  mn::load_weights(of_floats, mn::load_safetensors(o.weights), resnet_8_names);
  mn::network<resnet8_4::model> net{mn::seed{first_seed}};
  start_from(of_floats, net, data.train);
  std::printf("without training: %.2f %% of held-out images\n", 100 * mn::accuracy(net, data.held_out));
  train_phase(net, "resnet8-4", data, mn::adam{.rate = 5e-4f, .decay = mn::cosine_rate{.to = 0.01f}}, mn::constant{1},
              {.epochs = 2,
               .teacher = {.network = &of_floats, .temperature = 2, .weight = 0.7f},
               .augmentation = {.crop = 2, .flip = true},
               .average = {.decay = 0.995f}},
              o, sum);
  finish<resnet8_4>(net, data, o, sum);
}

}  // namespace gallery
