// Trains one weight with `fit`: gradient descent on (w - 5.7)^2 with alpha-blending towards round(w), from w = 2. Writes
// each step to a CSV file.
//
// source  Liu & Mattina 2019, Figure 3. The paper states neither the learning rate nor the steps in which alpha rises.
//         Many pairs of the two end at the paper's weight, 5.506555; the default options are one such pair (see
//         docs/papers.md).
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include <CLI/CLI.hpp>

#include <minnow/minnow.hpp>

namespace mn = minnow;

/// Rounds to the nearest integer from -15 to 15. The scale is always 1.
struct whole_number : mn::signed_codes<5> {
  static constexpr mn::text name() { return "whole_number"; }
  template <class Value>
  static Value code(Value x, const state&) {
    return nearest(x, 1.0f);
  }
  static constexpr float scale(const state&) { return 1; }
  static constexpr mn::interval range(const state&) { return range_of(1); }
};

/// The output is the weight, because the input is always 1.
struct one_weight : mn::model<mn::features<1>, mn::dense<1, whole_number>> {};

/// Returns the loss (w - 5.7)^2, where w is the network's output, and writes its gradient.
double distance(std::span<const float> outputs, std::span<const int>, std::span<float> gradient) {
  const double d = static_cast<double>(outputs[0]) - 5.7;
  gradient[0] = static_cast<float>(2 * d);
  return d * d;
}

int main(int argc, char** argv) try {
  std::string out = "one_weight";
  float rate = 0.3075f;
  int end = 14;
  int steps = 20;
  CLI::App app("Alpha-blending of one weight whose loss is least between two levels.");
  app.add_option("--out", out, "folder of the result")->capture_default_str();
  app.add_option("--rate", rate, "of gradient descent")->capture_default_str();
  app.add_option("--end", end, "step at which alpha is 1")->capture_default_str();
  app.add_option("--steps", steps, "in all")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::filesystem::create_directories(out);
  std::ofstream file(std::filesystem::path(out) / "one_weight.csv");
  file << "step,alpha,real,quantized,blended,loss\n";

  mn::network<one_weight, mn::alpha_blend> net;
  auto& layer = net.layer<"0">();
  mn::float_array<4> start({1, 1, 1, 1});
  start(0, 0, 0, 0) = 2;
  layer.set_weights(start);

  // The paper updates alpha after a step, and `fit` evaluates its schedule before the step.
  const mn::cubic rising{.end = mn::steps{end}};
  const auto after_the_step = [&](const mn::progress& p) { return p.step == 0 ? 0.0f : rising({p.step - 1, p.steps}); };
  const auto weight = [&] { return static_cast<double>(layer.weights()(0, 0, 0, 0)); };
  double before = weight();
  const auto write_step = [&](const mn::event& e, const auto&) {
    if (e.epoch_end) return;
    const double blended =
        (1 - static_cast<double>(e.alpha)) * before + static_cast<double>(e.alpha) * std::round(before);
    file << e.step - 1 << ',' << e.alpha << ',' << before << ',' << std::round(before) << ',' << blended << ','
         << e.loss << '\n';
    before = weight();
  };
  const mn::dataset<float> data({1, 1, 1}, {1}, {0});
  mn::fit(net, data, mn::sgd{.rate = rate}, after_the_step, {.epochs = steps + 1, .batch = 1, .loss = distance},
          write_step);
  std::printf("figure end_real %.6f w\nfigure end_quantized %.0f w\n", weight(), std::round(weight()));
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "one_weight: %s\n", e.what());
  return 1;
}
