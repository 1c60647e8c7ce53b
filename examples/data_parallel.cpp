// Trains Model D of MINW-Net with 1-bit weights and inputs on CIFAR-10, in several processes. For example: mpirun -n 2
// data_parallel --data FOLDER
//
// usage: data_parallel [--data FOLDER] [--images N] [--epochs N] [--batch N] [--threads N] [--no-sync]
//
// --data     folder of the CIFAR-10 files; without it, random images that serve only to measure speed
// --batch    images per step, summed over all processes
// --threads  threads per process
// --no-sync  each process computes batch norm statistics from its own images only

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <minnow/fit/mpi.hpp>
#include <minnow/minnow.hpp>
#include <minnow/zoo/convnet.hpp>

namespace mn = minnow;

struct model_d : mn::zoo::model_d<mn::zoo::image_schemes<mn::minw<1, 1>>> {};

struct settings {
  std::string data;
  int images = 50000;
  int epochs = 1;
  int batch = 128;
  int threads = 1;
  bool synchronized = true;
};

settings read(int count, char** arguments) {
  settings s;
  const auto usage = [] {
    throw mn::error(
        "usage: data_parallel [--data FOLDER] [--images N] [--epochs N] [--batch N] [--threads N] [--no-sync]");
  };
  for (int i = 1; i < count; ++i) {
    const std::string name = arguments[i];
    if (name == "--no-sync") s.synchronized = false;
    else if (i + 1 == count) usage();
    else if (name == "--data") s.data = arguments[++i];
    else if (name == "--images") s.images = std::atoi(arguments[++i]);
    else if (name == "--epochs") s.epochs = std::atoi(arguments[++i]);
    else if (name == "--batch") s.batch = std::atoi(arguments[++i]);
    else if (name == "--threads") s.threads = std::atoi(arguments[++i]);
    else usage();
  }
  return s;
}

mn::train_and_test<std::uint8_t> images(const settings& s) {
  if (!s.data.empty()) {
    auto all = mn::load_cifar10(s.data);
    all.train = all.train.part(0, std::min(s.images, all.train.size()));
    return all;
  }
  mn::train_and_test<std::uint8_t> result;
  mn::random draws;
  for (auto* set : {&result.train, &result.test}) {
    set->dimensions = {32, 32, 3};
    set->images.resize(static_cast<std::size_t>(set == &result.train ? s.images : 100) * 3072);
    for (auto& pixel : set->images) pixel = static_cast<std::uint8_t>(draws.below(256));
    for (int n = 0; n < set->size(); ++n) set->labels.push_back(draws.below(10));
  }
  return result;
}

void train(const settings& s) {
  mn::set_threads(s.threads);
  mn::data_parallel ranks{MPI_COMM_WORLD, {.synchronized_statistics = s.synchronized}};
  const auto [train, test] = images(s);
  mn::network<model_d, mn::aqe> net{mn::seed{7}};

  using clock = std::chrono::steady_clock;
  clock::time_point began, ended;
  std::uint64_t bytes_before = 0, bytes = 0;
  mn::fit(net, train, mn::adam{.rate = 1e-2f, .decay = mn::cosine_rate{}}, mn::constant{},
          {.epochs = s.epochs,
           .batch = s.batch,
           .validation = &test,
           .augmentation = {.crop = 4, .flip = true},
           .ranks = &ranks},
          [&](const mn::event& e, auto&) {
            if (!e.epoch_end && e.epoch == 1) {
              // The first step allocates all buffers, so timing starts after it.
              (e.step == 1 ? began : ended) = clock::now();
              (e.step == 1 ? bytes_before : bytes) = ranks.summed_bytes();
            } else if (e.epoch_end && ranks.rank() == 0) {
              std::printf("epoch %d/%d  loss %.4f  train %.2f %%  quantized %.2f %%  %.1f s\n", e.epoch, e.epochs,
                          e.loss, 100 * e.accuracy, 100 * e.validation_accuracy, e.seconds);
            }
          });
  if (ranks.rank() != 0) return;
  const double steps = (train.size() + s.batch - 1) / s.batch - 1;
  std::printf("figure images_per_second %.1f images/s\n",
              (train.size() - s.batch) / std::chrono::duration<double>(ended - began).count());
  std::printf("figure allreduce_bytes_per_step %.0f B\n", static_cast<double>(bytes - bytes_before) / steps);
}

int main(int count, char** arguments) {
  int level = 0;
  MPI_Init_thread(&count, &arguments, MPI_THREAD_FUNNELED, &level);
  try {
    train(read(count, arguments));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "data_parallel: %s\n", e.what());
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
}
