// Trains a narrower BinaryNet with 1-bit weights and inputs. Compares alpha-blending, the straight-through estimator
// and floats after each epoch.
//
// source  Liu & Mattina 2019, 4.1 and Figure 5
#include <minnow/zoo/convnet.hpp>

#include "run.hpp"

namespace {

/// Divisor of the widths, chosen so that an epoch takes about a minute.
constexpr int narrower = 4;

template <int Bits>
struct net : mn::zoo::convnet<mn::zoo::image_schemes<mn::minw<Bits, Bits>>, 128 / narrower, 1024 / narrower,
                              1024 / narrower, classes> {};

}  // namespace

int main(int argc, char** argv) try {
  options o;
  o.out = "binary_net";
  o.estimators = {"ste", "alpha_blend"};
  o.epochs = 5;
  CLI::App app("Trains BinaryNet, its widths divided by 4, in floats, with ste and with alpha_blend.");
  add_options(app, o);
  add_rate(app, o);
  CLI11_PARSE(app, argc, argv);

  const auto began = std::chrono::steady_clock::now();
  task t = begin_in_color(o);
  for (int seed = o.first_seed; seed < o.first_seed + o.seeds; ++seed) {
    run_all<net<1>>(t, "binary_net", seed, o.rate);
    run_all<net<32>>(t, "binary_net", seed, o.rate);
  }
  t.found.compare("binary_net alpha_blend", "binary_net ste");
  print_figures(t, began);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "binary_net: %s\n", e.what());
  return 1;
}
