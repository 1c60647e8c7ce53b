// Writes each network of models.hpp as a header and as a packed model's file. usage: firmware_test_export FOLDER

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <minnow/estimate/aqe.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/firmware/export_header.hpp>
#include <minnow/fit/fit.hpp>
#include <minnow/pack/pack.hpp>
#include <minnow/schedule/linear.hpp>

#include "models.hpp"

namespace {

using namespace minnow;

template <class Model>
network<Model, aqe> trained() {
  minnow::random r(seed{7});
  dataset<std::uint8_t> data;
  data.dimensions = layer_graph<Model>::input;
  for (int k = 0; k < 64 * layer_graph<Model>::input.size(); ++k)
    data.images.push_back(static_cast<std::uint8_t>(r.below(256)));
  for (int n = 0; n < 64; ++n) data.labels.push_back(r.below(layer_graph<Model>::output.size()));
  network<Model, aqe> net{seed{1}};
  fit(net, data, adam{.rate = 1e-2f}, linear{}, {.epochs = 3, .batch = 16, .batch_norm_batches = 4});
  return net;
}

template <class Packed>
void write_both(const Packed& network, const std::string& folder, const std::string& name) {
  save(network, folder + "/" + name + ".mnw");
  save_header(network, folder + "/" + name + "_data.hpp", name + "_data");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto bits = trained<test::of_bits>();
  auto powers = trained<test::of_powers>();
  auto integers = trained<test::of_integers>();
  auto a_signal = trained<test::of_a_signal>();
  auto joins = trained<test::of_joins>();
  auto bits_and_joins = trained<test::of_bits_and_joins>();
  auto one_source = trained<test::of_one_source>();
  auto scaled_windows = trained<test::of_scaled_windows>();
  auto given_thresholds = trained<test::of_given_thresholds>();
  given_thresholds.arrays([](std::string_view, std::string_view name, std::span<float> values) {
    if (name == "thresholds")
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 13) - 6;
  });
  auto one_layer = trained<test::of_one_layer>();
  write_both(pack(bits), arguments[1], "bits");
  write_both(pack(powers), arguments[1], "powers");
  write_both(pack<fixed_point>(integers), arguments[1], "integers");
  write_both(pack(a_signal), arguments[1], "a_signal");
  write_both(pack<fixed_point>(joins), arguments[1], "joins");
  write_both(pack(joins), arguments[1], "joins_in_floats");
  write_both(pack(bits_and_joins), arguments[1], "bits_and_joins");
  write_both(pack<fixed_point>(one_source), arguments[1], "one_source");
  write_both(pack(scaled_windows), arguments[1], "scaled_windows");
  write_both(pack(given_thresholds), arguments[1], "given_thresholds");
  write_both(pack(one_layer), arguments[1], "one_layer");
}
