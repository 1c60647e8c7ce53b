// Compares the quantization methods of several papers on a narrower Model D, which every method trains on the same
// CIFAR-10 images for the same number of epochs. Each method uses the best of the given learning rates. Short runs on a
// part of the training images choose the rate. They measure accuracy on training images that they do not train on.
//
// source  Chen et al. 2020, Tables IV and V; minnow/quantize/methods.hpp lists the source of each method
#include "methods/run_method.hpp"

namespace {

constexpr int kept_out = 5000;

void print_table(const task& t, const task& search, const std::vector<float>& rates) {
  std::printf("\n| inputs x weights, method | seeds | accuracy of the packed network, %% |");
  for (const float rate : rates) std::printf(" search at %g |", rate);
  std::printf("\n|---|---|---|");
  for (std::size_t i = 0; i < rates.size(); ++i) std::printf("---|");
  std::printf("\n");
  for (const auto& [row, seeds] : t.found.all()) {
    std::printf("| %s | %zu | %s |", row.c_str(), seeds.size(), t.found.shown(row).c_str());
    for (const float rate : rates) {
      std::ostringstream searched;
      searched << row << " at " << rate;
      std::printf(" %s |", search.found.shown(searched.str()).c_str());
    }
    std::printf("\n");
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  o.out = "methods";
  o.epochs = 6;
  o.images = 20000;
  std::vector<float> rates{1e-3f, 5e-3f, 2e-2f};
  int search_epochs = 2;
  int search_images = 10000;
  CLI::App app("Trains Model D, its widths divided by 4, by each method that the papers compare with.");
  add_options(app, o);
  app.add_option("--rates", rates, "Adam's first learning rates to choose from; they fall by half a cosine")
      ->capture_default_str();
  app.add_option("--search-epochs", search_epochs, "passes of the runs that choose")->capture_default_str();
  app.add_option("--search-images", search_images, "their training images")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto began = std::chrono::steady_clock::now();
  task t = begin_in_color(o);
  options short_runs = o;
  short_runs.out = (fs::path(o.out) / "search").string();
  short_runs.epochs = search_epochs;
  short_runs.images = 0;
  task search = begin_in_color(short_runs);
  const images all = search.data.train;
  if (all.size() < search_images + kept_out)
    throw std::invalid_argument("--search-images: expected at most " + std::to_string(all.size() - kept_out) +
                                ", found " + std::to_string(search_images));
  search.data = {all.part(0, search_images), all.part(all.size() - kept_out, all.size())};

  for (int seed = o.first_seed; seed < o.first_seed + o.seeds; ++seed) {
    study s{t, search, rates, seed};
    run_one_bit(s);
    run_two_bits(s);
    run_eight_bits(s);
    run_real_inputs(s);
  }
  print_table(t, search, rates);
  print_figures(t, began);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "methods: %s\n", e.what());
  return 1;
}
