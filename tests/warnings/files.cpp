// Compiles functions that read and write files: data sets, imported weights, networks, packed models, headers,
// checkpoints, records.
#include <cstdio>

#include <minnow/data/gzip.hpp>
#include <minnow/exchange/safetensors.hpp>
#include <minnow/firmware/export_header.hpp>
#include <minnow/minnow.hpp>

namespace mn = minnow;

namespace {

struct small : mn::model<mn::image<1, 28, 28>, mn::conv<4, mn::scheme<mn::pixels, mn::ternary<>>, mn::stride<2>>,
                         mn::max_pool<2>, mn::batch_norm, mn::dense<10, mn::minw<1, 1>>, mn::batch_norm> {};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 1;
  const std::string folder = arguments[1];
  const auto [train, test] = mn::load_mnist(folder + "/mnist", mn::gzip);
  const auto colors = mn::load_cifar10(folder + "/cifar-10");
  mn::network<small> net{mn::seed{1}};
  mn::fit(net, train, mn::adam{}, mn::constant{1},
          {.epochs = 1, .validation = &test, .checkpoint = {.path = folder + "/run.mnc"}});
  mn::image_stream images({.dimensions = {28, 28, 1}, .classes = 10}, {folder + "/records.bin"});
  mn::fit(net, images, mn::adam{}, mn::constant{1}, {.epochs = 1});
  const mn::weight_names names{{"0", "conv"}, {"2", "norm"}};
  mn::load_weights(net, mn::load_safetensors(folder + "/weights.safetensors"), names);
  mn::save_safetensors(mn::export_weights(net, names), folder + "/out.safetensors");
  mn::save(net, folder + "/net.mnn");
  mn::save(mn::pack(net), folder + "/net.mnw");
  mn::save_header(mn::pack(net), folder + "/net.hpp", "data");
  const auto file = mn::load<mn::mapped_file>(folder + "/net.mnw");
  const auto packed = mn::load_in_place<mn::packed<small>>(file.bytes(), "net.mnw");
  const auto again = mn::load<mn::network<small>>(folder + "/net.mnn");
  std::printf("%d %f %f\n", colors.train.size(), mn::accuracy(packed, test),
              mn::accuracy(mn::load<mn::packed<small>>(folder + "/net.mnw"), mn::synthetic_digits(3)));
}
