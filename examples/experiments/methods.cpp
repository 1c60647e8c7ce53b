// Compares the quantization methods of several papers on a narrower Model D, which every method trains on the same
// images for the same number of epochs. Each method uses the best of the given learning rates. Short runs on a part of
// the training images choose the rate. They measure accuracy on training images on which no run trains.
//
// source  Chen et al. 2020, Tables IV and V; minnow/quantize/methods.hpp lists the source of each method
#include "methods/run_method.hpp"

namespace {

/// Prints the comparisons of Table IV, in words.
void compare(const results& found) {
  found.compare("1x1 aqe", "1x1 bnn");
  found.compare("1x1 aqe", "1x1 dorefa");
  found.compare("2x1 aqe", "2x1 dorefa");
  found.compare("32x1 aqe", "32x1 binary_connect");
  found.compare("32x2 aqe", "32x2 twn");
  found.compare("8x2 aqe", "8x2 fgq");
  found.compare("8x3 aqe", "8x8 dorefa");
  for (const auto& [row, seeds] : found.all())
    if (row != "32x32 floats") found.compare(row, "32x32 floats");
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  o.out = "methods";
  o.epochs = 6;
  o.images = 20000;
  search_options how{.rates = {1e-3f, 5e-3f, 2e-2f}, .epochs = 2, .images = 10000};
  CLI::App app("Trains Model D, its widths divided by 4, by each method that the papers compare with.");
  add_options(app, o);
  add_search(app, how);
  CLI11_PARSE(app, argc, argv);

  const auto began = std::chrono::steady_clock::now();
  study s(o, how);
  for (int seed = o.first_seed; seed < o.first_seed + o.seeds; ++seed) {
    run_one_bit(s, seed);
    run_two_bits(s, seed);
    run_eight_bits(s, seed);
    run_real_inputs(s, seed);
    run_other(s, seed);
  }
  s.print_table();
  compare(s.runs().found);
  print_figures(s.runs(), began);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "methods: %s\n", e.what());
  return 1;
}
