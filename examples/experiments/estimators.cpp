// Compares estimators and alpha schedules on one network: the accuracy of the packed network for each, beside the network in floats.
//
// source  Chen et al. 2020, Figures 1 to 5; Liu & Mattina 2019, Figure 5
#include <chrono>

#include <CLI/CLI.hpp>

#include "../read_images.hpp"
#include "estimators/run.hpp"

namespace {

void print_table(const results& found) {
  std::printf("\n| network, bits, estimator, schedule | seeds | accuracy of the packed network, %% |\n|---|---|---|\n");
  for (const auto& [row, seeds] : found.all()) std::printf("| %s | %zu | %s |\n", row.c_str(), seeds.size(), found.shown(row).c_str());
  std::printf("\n");
  found.print_figures();
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  int width = 32;
  CLI::App app("Compares estimators and alpha schedules on Model D (32x32 colour images) or on a small ConvNet (28x28).");
  app.add_option("--data", o.data, "folder of CIFAR-10, MNIST or Fashion-MNIST files; without it, drawn digits");
  app.add_option("--out", o.out, "folder of the results; a run that was stopped goes on with what is there")->capture_default_str();
  app.add_option("--bits", o.bits, "of weights and inputs: 1, 2, 3; 32: floats")->capture_default_str();
  app.add_option("--width", width, "filters of the small ConvNet's first layer: 8, 16 or 32")->capture_default_str();
  app.add_option("--estimators", o.estimators, "ste, aqe, aqe_expected, aqe_stochastic, alpha_blend")->capture_default_str();
  app.add_option("--schedules", o.schedules, "own (what suits the estimator), half, linear, rising, cubic, exponential")->capture_default_str();
  app.add_option("--epochs", o.epochs, "passes over the training images")->capture_default_str();
  app.add_option("--images", o.images, "training images that are used; 0: all")->capture_default_str();
  app.add_option("--first-seed", o.first_seed, "of the first run")->capture_default_str();
  app.add_option("--seeds", o.seeds, "runs of each row")->capture_default_str();
  app.add_option("--rate", o.rate, "Adam's first learning rate; it falls by half a cosine")->capture_default_str();
  app.add_option("--threads", o.threads, "0: all cores")->capture_default_str();
  app.add_flag("--levels", o.levels, "keep how near the second convolution's weights and inputs are to their levels");
  CLI11_PARSE(app, argc, argv);
  mn::set_threads(o.threads);
  fs::create_directories(o.out);

  results found(fs::path(o.out) / "accuracy.csv");
  task t{read_images(o.data), {}, found, o};
  if (o.images > 0) t.data.train = t.data.train.part(0, std::min(o.images, t.data.train.size()));
  const bool colour = t.data.train.dimensions.channels == 3;
  t.augmentation = {.crop = colour ? 4 : 0, .flip = colour};
  const auto begin = std::chrono::steady_clock::now();
  if (colour) run_model_d(t);
  else run_small(t, width);
  print_table(found);
  std::printf("figure minutes %.1f min\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / 60);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "estimators: %s\n", e.what());
  return 1;
}
