// Compares estimators and alpha schedules on one network. Prints the accuracy of the packed network for each
// combination, and the accuracy of the float network.
//
// source  Chen et al. 2020, Figures 1 to 5; Liu & Mattina 2019, Figure 5
#include "run.hpp"

namespace {

void print_table(const results& found) {
  std::printf("\n| network, bits, estimator, schedule | seeds | accuracy of the packed network, %% |\n|---|---|---|\n");
  for (const auto& [row, seeds] : found.all())
    std::printf("| %s | %zu | %s |\n", row.c_str(), seeds.size(), found.shown(row).c_str());
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  int width = 32;
  CLI::App app(
      "Compares estimators and alpha schedules on Model D (32x32 color images) or on a small ConvNet (28x28; drawn "
      "digits without --data).");
  add_options(app, o);
  add_estimators(app, o);
  add_rate(app, o);
  app.add_option("--bits", o.bits, "of weights and inputs: 1, 2, 3; 32: floats")->capture_default_str();
  app.add_option("--width", width, "filters of the small ConvNet's first layer: 8, 16 or 32")->capture_default_str();
  app.add_option("--schedules", o.schedules, "own (what suits the estimator), half, linear, rising, cubic, exponential")
      ->capture_default_str();
  app.add_flag("--levels", o.levels, "keep how near the second convolution's weights and inputs are to their levels");
  CLI11_PARSE(app, argc, argv);

  const auto began = std::chrono::steady_clock::now();
  task t = begin(o);
  if (in_color(t)) run_model_d(t);
  else run_small(t, width);
  print_table(t.found);
  compare_with_ste(t.found);
  print_figures(t, began);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "estimators: %s\n", e.what());
  return 1;
}
