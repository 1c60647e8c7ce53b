// Trains one weight: gradient descent on (w - 5.7)^2 with alpha-blending towards round(w), from w = 2. Writes each step
// to a CSV file.
//
// source  Liu & Mattina 2019, Figure 3. The paper states neither the learning rate nor the steps in which alpha rises.
//         The default options reproduce its final weight, w = 5.506555 (docs/papers.md).
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <CLI/CLI.hpp>

#include <minnow/estimate/alpha_blend.hpp>
#include <minnow/schedule/cubic.hpp>

namespace mn = minnow;

int main(int argc, char** argv) try {
  std::string out = "one_weight";
  double rate = 0.3075;
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
  const mn::cubic schedule{.end = mn::steps{end}};
  const auto blend = [](float alpha, double w) {
    const double share = static_cast<double>(mn::alpha_blend::quantized_fraction(alpha));
    return (1 - share) * w + share * std::round(w);
  };
  const auto loss = [](double w) { return (w - 5.7) * (w - 5.7); };

  double w = 2;
  float alpha = 0;
  for (int step = 0; step <= steps; ++step) {
    const double blended = blend(alpha, w);
    file << step << ',' << alpha << ',' << w << ',' << std::round(w) << ',' << blended << ',' << loss(blended) << '\n';
    w -= rate * static_cast<double>(mn::alpha_blend::learning_rate_scale(alpha)) * 2 * (blended - 5.7);
    alpha = schedule({step, steps + 1});  // updated after the step, as in the paper's Algorithm 1
  }
  std::printf("figure end_real %.6f w\nfigure end_quantized %.0f w\n", w, std::round(w));
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "one_weight: %s\n", e.what());
  return 1;
}
