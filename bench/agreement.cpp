// Trains a network, packs it, and compares all layer sums and codes of every test image with the trained network's.
//
// usage: bench_agreement [--data FOLDER] [--bits 1|2|3] [--images N]
//   --data     folder of MNIST files; without it, synthetic digits
//   --images   number of training images per epoch (20000)

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include <minnow/minnow.hpp>
#ifdef MINNOW_BENCH_GZIP
#include <minnow/data/gzip.hpp>
#endif

#include "../examples/digits_convnet.hpp"
#include "../tests/agreement/comparison.hpp"

namespace {

mn::train_and_test<std::uint8_t> read(const std::string& folder, int images) {
  if (folder.empty()) return {mn::synthetic_digits(images, mn::seed{1}), mn::synthetic_digits(2000, mn::seed{2})};
#ifdef MINNOW_BENCH_GZIP
  auto data = mn::load_mnist(folder, mn::gzip);
#else
  auto data = mn::load_mnist(folder);
#endif
  data.train = data.train.part(0, std::min(images, data.train.size()));
  return data;
}

template <int Bits>
int run(const mn::train_and_test<std::uint8_t>& data) {
  mn::network<digits<Bits>, mn::aqe> net{mn::seed{7}};
  mn::fit(net, data.train, mn::adam{.rate = 5e-3f}, mn::constant{0.5f}, {.epochs = 1, .batch = 128});
  const auto small = mn::pack(net);
  const mn::test::report r = mn::test::compare(net, small, data.test);
  if (!r.first.empty()) std::printf("the first difference: %s\n", r.first.c_str());
  std::printf("figure accuracy_packed %.4f part\n", mn::accuracy(small, data.test));
  std::printf("figure images_compared %d images\n", data.test.size());
  std::printf("figure layers_compared %d layers\n", r.layers);
  std::printf("figure values_compared %lld values\n", r.values);
  std::printf("figure differences %lld values\n", r.differences);
  std::printf("figure disagreements %lld images\n", r.wrong_classes);
  return r.differences == 0 && r.wrong_classes == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string folder;
  int bits = 1;
  int images = 20'000;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 < argc && std::strcmp(argv[i], "--data") == 0) folder = argv[i + 1];
    else if (i + 1 < argc && std::strcmp(argv[i], "--bits") == 0) bits = std::atoi(argv[i + 1]);
    else if (i + 1 < argc && std::strcmp(argv[i], "--images") == 0) images = std::atoi(argv[i + 1]);
    else throw std::invalid_argument(std::string("expected --data FOLDER, --bits N or --images N, found ") + argv[i]);
  }
  if (bits < 1 || bits > 3) throw std::invalid_argument("--bits: expected 1, 2 or 3, found " + std::to_string(bits));
  if (images < 1) throw std::invalid_argument("--images: expected at least 1, found " + std::to_string(images));
  const auto data = read(folder, images);
  return bits == 1 ? run<1>(data) : bits == 2 ? run<2>(data) : run<3>(data);
} catch (const std::exception& e) {
  std::fprintf(stderr, "bench_agreement: %s\n", e.what());
  return 2;
}
