// This is a separate translation unit, because CLI11 would add a fifth to the compile time of the demo.
#include "options.hpp"

#include <CLI/CLI.hpp>

std::optional<int> options::read(int argc, char** argv) {
  CLI::App app("Trains, packs, saves, loads and runs a low-bit network, beside the same network in floats.");
  app.add_option("--data", data, "folder of MNIST, Fashion-MNIST or CIFAR-10 files; without it, drawn digits");
  app.add_option("--model", model, "digits (28x28) or d (Model D, 32x32x3); by default what fits the data")
      ->check(CLI::IsMember({"digits", "d"}));
  app.add_option("--bits", bits, "bits of inputs and weights")->check(CLI::Range(1, 3))->capture_default_str();
  app.add_option("--estimator", estimator, "ste, aqe, aqe_expected or alpha_blend")->capture_default_str();
  app.add_option("--epochs", epochs, "passes over the training images; by default what suits the data");
  app.add_option("--rate", rate, "Adam's first learning rate")->capture_default_str();
  app.add_option("--seed", seed, "of weights, order and noise")->capture_default_str();
  app.add_option("--threads", threads, "0: all cores")->capture_default_str();
  app.add_option("--crop", crop, "pixels by which training images are moved at most; by default what suits the data");
  app.add_flag("--flip", flip, "mirror half of the training images (always with color)");
  app.add_option("--save", save, "the packed model's file")->capture_default_str();
  app.add_flag("--skip-real", skip_real, "do not train the float network");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e);
  }
  return std::nullopt;
}
