// Runs the experiments that decide the papers' claims, each with rates that are chosen on held-out training images, and
// prints the answers in words: the difference of two rows, paired by seed, with its confidence interval.
//
// The recipe is Chen et al.'s where the paper prints it: Adam with an exponentially decaying rate, batches of 256,
// 45,000 images to train on and 5,000 held out, shifted and mirrored, normalized by the mean and standard deviation of
// each channel. The paper prints neither the decay's factor (here the rate falls to 1/100) nor the choice of the rate.
//
// source  Chen et al. 2020, IV; Liu & Mattina 2019, 4.1
#include "claims/networks.hpp"

namespace {

struct claim {
  const char* name;
  int epochs;
  void (*run)(study&, int seed);
  void (*answer)(const results&);
};
constexpr std::array claims{
    claim{"lead", 25, run_lead, answer_lead},
    claim{"levels", 55, run_levels, answer_levels},
    claim{"bits", 20, run_bits, answer_bits},
    claim{"resnet", 20, run_resnet, answer_resnet},
    claim{"blending", 10, run_blending, answer_blending},
    claim{"schedules", 10, run_schedules, answer_schedules},
};

/// Returns the mean and the standard deviation of each channel, of bytes divided by 255.
mn::normalization measured(const images& data) {
  const int channels = data.dimensions.channels;
  mn::normalization result;
  for (int c = 0; c < channels; ++c) {
    double sum = 0, squares = 0, count = 0;
    for (std::size_t i = static_cast<std::size_t>(c); i < data.images.size(); i += static_cast<std::size_t>(channels)) {
      const double x = data.images[i] / 255.0;
      sum += x;
      squares += x * x;
      ++count;
    }
    const double mean = sum / count;
    result.mean.push_back(static_cast<float>(mean));
    result.stddev.push_back(static_cast<float>(std::sqrt(squares / count - mean * mean)));
  }
  return result;
}

void run(const claim& c, options o, const search_options& how) {
  const bool sgd = c.run == run_resnet;
  o.out = (fs::path(o.out) / c.name).string();
  if (o.epochs == 0) o.epochs = c.epochs;
  if (o.batch == 0) o.batch = sgd ? 128 : 256;
  o.levels = c.run == run_levels;
  o.histograms = {5, 25, 55};
  search_options search = how;
  if (search.rates.empty()) search.rates = sgd ? std::vector{0.05f, 0.1f, 0.2f} : std::vector{5e-3f, 1e-2f, 2e-2f};

  study s(o, search);
  s.normalize(measured(s.runs().data.train));
  std::printf(
      "%s: %d epochs of %d images, batches of %d, %s; rates chosen by %d epochs of %d images on %d other images\n",
      c.name, o.epochs, s.runs().data.train.size(), o.batch,
      sgd ? "SGD with momentum 0.9, weight decay 1e-4 and two steps" : ("Adam, " + o.decay + " decay to 1/100").c_str(),
      search.epochs, search.images, search.held_out);
  for (int seed = o.first_seed; seed < o.first_seed + o.seeds; ++seed) c.run(s, seed);
  s.print_table();
  c.answer(s.runs().found);
  s.runs().found.print_figures();
}

}  // namespace

int main(int argc, char** argv) try {
  options o;
  o.out = "claims";
  o.epochs = 0;
  o.batch = 0;
  o.seeds = 3;
  o.decay = "exponential";
  search_options how{.rates = {}, .epochs = 5, .images = 20000, .extends = true};
  std::vector<std::string> names;
  for (const claim& c : claims) names.emplace_back(c.name);
  CLI::App app("Runs the experiments that decide the papers' claims. --epochs 0 and --batch 0 are each claim's own.");
  add_options(app, o);
  add_search(app, how);
  app.add_option("--claims", names, "which")->check(CLI::IsMember(names))->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  for (const claim& c : claims)
    if (std::find(names.begin(), names.end(), c.name) != names.end()) run(c, o, how);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "claims: %s\n", e.what());
  return 1;
}
