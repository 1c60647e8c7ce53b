// ResNet-8 of MLPerf Tiny: loads the published float weights, quantizes them to 8 bits without training, and prints the
// accuracies on CIFAR-10's test set.
//
//   python3 examples/firmware/mlperf_tiny/keras_weights.py pretrainedResnet.h5 resnet_8.safetensors --input-scale 255
//   build/release/examples/firmware/resnet_8 resnet_8.safetensors cifar-10
#include <cstdio>
#include <exception>
#include <string>

#include <minnow/exchange/safetensors.hpp>
#include <minnow/minnow.hpp>
#include <minnow/zoo/mlperf_tiny.hpp>

#include "resnet_8_names.hpp"

namespace mn = minnow;

namespace {

using float_net = mn::zoo::resnet_8<mn::zoo::schemes<mn::real>>;

/// 8-bit weights with a scale for each filter, 8-bit inputs, batch norms folded into the weights.
using eight_bits = mn::scheme<mn::integer<8>, mn::integer<8, mn::per_channel>>;
using byte_net =
    mn::zoo::resnet_8<mn::zoo::schemes<eight_bits, mn::scheme<mn::unsigned_pixels, mn::integer<8, mn::per_channel>>,
                                       eight_bits, eight_bits, mn::integer<8>, mn::bias>>;

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) return std::fprintf(stderr, "usage: resnet_8 WEIGHTS.safetensors CIFAR-10-FOLDER\n"), 2;
  const auto [train, test] = mn::load_cifar10(argv[2]);
  mn::network<float_net> of_floats;
  mn::load_weights(of_floats, mn::load_safetensors(argv[1]), resnet_8_names);
  std::printf("figure accuracy_float %.4f part\n", mn::accuracy(of_floats, test));

  mn::network<byte_net> of_bytes;
  mn::fold_batch_norm(of_floats, of_bytes);
  mn::calibrate(of_bytes, train);
  const auto packed = mn::pack(of_bytes);
  const auto fixed = mn::pack<mn::fixed_point>(of_bytes);
  std::printf("figure accuracy_8_8_trained %.4f part\n", mn::accuracy(of_bytes, test));
  std::printf("figure accuracy_8_8_packed %.4f part\n", mn::accuracy(packed, test));
  std::printf("figure accuracy_8_8_fixed_point %.4f part\n", mn::accuracy(fixed, test));
  const std::vector<float> expected = mn::logits(of_bytes, test), found = mn::logits(packed, test);
  long different = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) different += expected[i] != found[i];
  std::printf("figure logits_trained_not_packed %ld of_%zu\n", different, expected.size());
  std::printf("figure weights %zu bytes\n", decltype(packed)::weight_bits() / 8);
} catch (const std::exception& e) {
  std::fprintf(stderr, "resnet_8: %s\n", e.what());
  return 1;
}
