// Trains a low-bit network and the same network in 32-bit floats, packs it, saves it, loads it, runs it, reports.
#include <cstdio>
#include <filesystem>

#include <minnow/minnow.hpp>
#ifdef MINNOW_EXAMPLE_GZIP
#include <minnow/io/gzip.hpp>
#endif

#include "quickstart/compare.hpp"

/// A small ConvNet for 28x28 digits: M bits everywhere but the image, which stays its bytes.
template <int M, class Weights = typename mn::minw<M, M>::weights>
struct digits : mn::model<mn::image<1, 28, 28>,
    mn::conv<32, mn::scheme<mn::pixels, Weights>, mn::kernel<5>>, mn::max_pool<2>, mn::batch_norm,
    mn::conv<64, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
    mn::dense<256, mn::minw<M, M>>, mn::batch_norm,
    mn::dense<10, mn::minw<M, M>>, mn::batch_norm> {};

mn::train_and_test<std::uint8_t> read(const options& o) {
  namespace fs = std::filesystem;
  if (o.data.empty()) return {mn::drawn_digits(20000, mn::seed{1}), mn::drawn_digits(4000, mn::seed{2})};
  if (fs::exists(fs::path(o.data) / "data_batch_1.bin")) return mn::read_cifar10(o.data);
#ifdef MINNOW_EXAMPLE_GZIP
  return mn::read_mnist(o.data, mn::gzip);
#else
  return mn::read_mnist(o.data);
#endif
}

int main(int argc, char** argv) try {
  options o;
  if (const auto exit = o.read(argc, argv)) return *exit;
  chosen::choose(o.estimator);
  mn::set_threads(o.threads);

  const auto data = read(o);
  const bool colour = data.train.dimensions.channels == 3;
  if (o.model.empty()) o.model = colour ? "d" : "digits";
  if (o.epochs < 1) o.epochs = colour ? 1 : 5;
  if (o.crop < 0) o.crop = colour ? 4 : o.data.empty() ? 0 : 2;
  o.flip = o.flip || colour;
  std::printf("%d training and %d test images of %dx%dx%d\n\n", data.train.size(), data.test.size(), data.train.dimensions.height,
              data.train.dimensions.width, data.train.dimensions.channels);
  if (o.model == "d") run_model_d(data, o);
  else run<digits<1>, digits<2>, digits<3>, digits<32>>(data, o);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "quickstart: %s\n", e.what());
  return 1;
}
