// Reproduces Tables I and II of MINW-Net: narrower Models A to D for 16 pairs of input bits and weight bits.
//
// source  Chen et al. 2020, Tables I and II
#include "tables/pairs.hpp"

namespace {

void print_table(const results& found, const std::vector<std::string>& estimators) {
  std::printf(
      "\naccuracy of the packed network, %%\n\n| inputs | weights | estimator | A | B | C | D "
      "|\n|---|---|---|---|---|---|---|\n");
  for (const int inputs : {1, 2, 3, 16, 32})
    for (const int weights : {1, 2, 3, 16, 32})
      for (const std::string& estimator : estimators) {
        const auto shown = [&](char model) {
          std::ostringstream row;
          row << model << ' ' << inputs << 'x' << weights << ' ' << (inputs == 32 ? "floats" : estimator);
          return found.shown(row.str());
        };
        if (shown('d') != "-")
          std::printf("| %d | %d | %s | %s | %s | %s | %s |\n", inputs, weights, inputs == 32 ? "" : estimator.c_str(),
                      shown('a').c_str(), shown('b').c_str(), shown('c').c_str(), shown('d').c_str());
        if (inputs == 32) break;
      }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  o.out = "tables";
  o.estimators = {"aqe"};
  o.epochs = 5;
  o.images = 10000;
  CLI::App app("Trains Models A to D, their widths divided by 4, for 16 pairs of bits on 32x32 color images.");
  add_options(app, o);
  add_estimators(app, o);
  std::vector<std::string> models{"a", "b", "c", "d"};
  std::vector<std::string> pairs{"1x1", "1x2", "1x3", "1x16", "2x1",  "2x2",  "2x3",  "2x16",
                                 "3x1", "3x2", "3x3", "3x16", "16x1", "16x2", "16x3", "32x32"};
  std::vector<float> rates{5e-3f, 2e-2f, 5e-3f};
  app.add_option("--models", models, "of Table I")->check(CLI::IsMember(models))->capture_default_str();
  app.add_option("--pairs", pairs, "bits of inputs and weights")->check(CLI::IsMember(pairs))->capture_default_str();
  app.add_option(
         "--rates", rates,
         "Adam's first learning rates for weights of 1 bit, of 2 and 3, of 16 and 32; they fall by half a cosine")
      ->expected(3)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto began = std::chrono::steady_clock::now();
  task t = begin_in_color(o);
  table all{t, models, pairs, rates};
  for (int seed = o.first_seed; seed < o.first_seed + o.seeds; ++seed) {
    run_inputs<1>(all, seed);
    run_inputs<2>(all, seed);
    run_inputs<3>(all, seed);
    run_inputs<16>(all, seed);
    run_inputs<32>(all, seed);
  }
  print_table(t.found, o.estimators);
  compare_with_ste(t.found);
  print_figures(t, began);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "tables: %s\n", e.what());
  return 1;
}
