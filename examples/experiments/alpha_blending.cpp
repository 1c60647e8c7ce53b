// Quantizes a float network to 8-8, 4-8 and 4-4 bits (weights-inputs), with one scale per layer or per filter, in three
// ways: post-training quantization, straight-through fine-tuning and alpha-blending. Prints one table.
//
// source  Liu & Mattina 2019, 4.2, Tables 1 to 3 and Figure 4: MobileNet v1 with a quarter of the width, here for 32x32
//         images
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <minnow/minnow.hpp>
#include <minnow/zoo/mobilenet.hpp>

#include "../chosen.hpp"
#include "../read_images.hpp"
#include "experiment.hpp"

/// Quantizers as in the paper: first and depthwise layers stay at 8 bits, and at 4-4 bits the last layer too.
template <int Weights, int Inputs, class Granularity, class Norm>
using schemes = mn::zoo::schemes<mn::scheme<mn::integer<Inputs>, mn::integer<Weights, Granularity>>,
                                 mn::scheme<mn::integer<8>, mn::integer<8, Granularity>>,
                                 mn::scheme<mn::integer<8>, mn::integer<Inputs == 8 ? Weights : 8, Granularity>>,
                                 mn::scheme<mn::integer<8>, mn::integer<8, Granularity>>, mn::real, Norm>;
template <class Schemes>
struct net_of : mn::zoo::mobilenet_v1<Schemes, 25, 32, EXPERIMENT_CLASSES> {};

using real_net = net_of<mn::zoo::schemes<mn::real>>;

/// Returns synthetic digits, 32x32, each in a random color.
images drawn_color_digits(int count, std::uint64_t seed) {
  const auto gray = mn::synthetic_digits(count, mn::seed{seed});
  mn::random colors(mn::seed{seed + 1000});
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count) * 32 * 32 * 3);
  for (int n = 0; n < count; ++n) {
    const auto from = gray.image(n);
    const int color[] = {64 + colors.below(192), 64 + colors.below(192), 64 + colors.below(192)};
    for (int y = 0; y < 28; ++y)
      for (int x = 0; x < 28; ++x)
        for (int c = 0; c < 3; ++c)
          pixels[static_cast<std::size_t>(((n * 32 + y + 2) * 32 + x + 2) * 3 + c)] =
              static_cast<std::uint8_t>(from[static_cast<std::size_t>(y * 28 + x)] * color[c] / 255);
  }
  return {{32, 32, 3}, std::move(pixels), gray.labels};
}

struct options {
  std::string data;
  std::string labels = "fine";
  std::string out = "alpha_blending";
  int epochs = 12;
  int tune_images = 0;
  int tune_epochs = 1;
  int seeds = 3;
  int threads = 0;
  int quantize_every = 1;
  float rate = 0.1f;
  float tune_rate = 0.01f;
};

struct task {
  const mn::train_and_test<std::uint8_t>& data;
  mn::network<real_net>& real;
  results& found;
  const options& o;
};

/// Records the data of the paper's Figure 4 for one run: the accuracy with unquantized and with quantized weights while
/// alpha rises.
class curve {
public:
  curve(const fs::path& file, const images& test) : out_(file), some_(test.part(0, std::min(test.size(), 2000))) {
    out_ << "step,alpha,real,quantized\n";
  }
  template <class Network>
  void see(const mn::event& e, Network& net) {
    if (e.epoch_end || (e.step - 1) % std::max(1LL, e.steps / 20) != 0) return;
    out_ << e.step << ',' << e.alpha << ',' << mn::accuracy(net, some_, 0) << ',' << mn::accuracy(net, some_, 1) << '\n'
         << std::flush;
  }

private:
  std::ofstream out_;
  images some_;
};

mn::fit_options<std::uint8_t> how(int epochs, int seed, int quantize_every) {
  return {.epochs = epochs,
          .seed = mn::seed{static_cast<std::uint64_t>(seed)},
          .augmentation = {.crop = 4, .flip = true},
          .quantize_every = quantize_every};
}

template <int Weights, int Inputs, class Granularity>
void quantize(const task& t, const std::string& name) {
  const auto& o = t.o;
  if (const std::string row = name + " post-training"; !t.found.has(row, 0)) {
    std::printf("%s\n", row.c_str());
    mn::network<net_of<schemes<Weights, Inputs, Granularity, mn::bias>>> net{mn::seed{1}};
    mn::fold_batch_norm(t.real, net);
    mn::calibrate(net, t.data.train);
    t.found.add(row, 0, packed_accuracy(net, t.data.test));
  }
  const images some = o.tune_images > 0 ? t.data.train.part(0, std::min(o.tune_images, t.data.train.size())) : images{};
  const images& train_on = o.tune_images > 0 ? some : t.data.train;
  for (int seed = 1; seed <= o.seeds; ++seed)
    for (const char* estimator : {"ste", "alpha_blend"}) {
      const std::string row = name + " " + estimator;
      if (t.found.has(row, seed)) continue;
      std::printf("%s, seed %d\n", row.c_str(), seed);
      chosen::choose(estimator);
      mn::network<net_of<schemes<Weights, Inputs, Granularity, mn::batch_norm>>, chosen> net{mn::seed{1}};
      mn::copy_weights(t.real, net);
      mn::calibrate(net, t.data.train);
      const bool drawn = seed == 1 && std::string_view(estimator) == "alpha_blend";
      std::string file = name;
      std::replace(file.begin(), file.end(), ' ', '_');
      curve figure(drawn ? fs::path(o.out) / (file + "_curve.csv") : fs::path("/dev/null"), t.data.test);
      train(net, train_on, mn::sgd{.rate = o.tune_rate, .momentum = 0.9f, .decay = mn::cosine_rate{}},
            chosen::now->schedule, how(o.tune_epochs, seed, o.quantize_every), [&](const mn::event& e) {
              if (drawn) figure.see(e, net);
            });
      t.found.add(row, seed, packed_accuracy(net, t.data.test));
    }
}

void print_table(const results& found, const options& o, double seconds) {
  std::printf(
      "\nMobileNet v1 0.25 at 32x32: floats %s %% (%d epochs); fine-tuned %d epoch(s) from there, %d seeds; mean ± "
      "deviation in %%\n\n",
      found.shown("floats").c_str(), o.epochs, o.tune_epochs, o.seeds);
  std::printf("| weights-inputs | scales | post-training | ste | alpha_blend |\n|---|---|---|---|---|\n");
  for (const char* bits : {"8-8", "4-8", "4-4"})
    for (const char* scales : {"per layer", "per channel"}) {
      const std::string row = std::string(bits) + " " + scales + " ";
      std::printf("| %s | %s | %s | %s | %s |\n", bits, scales, found.shown(row + "post-training").c_str(),
                  found.shown(row + "ste").c_str(), found.shown(row + "alpha_blend").c_str());
    }
  std::printf("\n");
  for (const char* bits : {"8-8", "4-8", "4-4"})
    for (const char* scales : {" per layer", " per channel"})
      found.compare(bits + std::string(scales) + " alpha_blend", bits + std::string(scales) + " ste");
  found.print_figures();
  std::printf("figure seconds %.0f s\n", seconds);
}

int main(int argc, char** argv) try {
  options o;
  CLI::App app(
      "Quantizes a MobileNet to 8 and 4 bits: post-training, by straight-through fine-tuning, by alpha-blending.");
  app.add_option("--data", o.data,
                 "folder of the binary files of CIFAR-10 or CIFAR-100; without it, drawn digits in color");
  app.add_option("--labels", o.labels, "fine or coarse: CIFAR-100's 100 classes or 20 superclasses")
      ->capture_default_str();
  app.add_option("--out", o.out, "folder of the results; a run goes on with what is there")->capture_default_str();
  app.add_option("--epochs", o.epochs, "of the float network")->capture_default_str();
  app.add_option("--rate", o.rate, "its first learning rate")->capture_default_str();
  app.add_option("--tune-images", o.tune_images, "training images that are fine-tuned on; 0: all")
      ->capture_default_str();
  app.add_option("--tune-epochs", o.tune_epochs, "passes over them")->capture_default_str();
  app.add_option("--tune-rate", o.tune_rate, "the first learning rate of fine-tuning")->capture_default_str();
  app.add_option("--quantize-every", o.quantize_every, "steps between two quantizations of the weights")
      ->capture_default_str();
  app.add_option("--seeds", o.seeds, "runs of each row")->capture_default_str();
  app.add_option("--threads", o.threads, "0: all cores")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  mn::set_threads(o.threads);
  fs::create_directories(o.out);
  const auto begin = std::chrono::steady_clock::now();

  const auto data = o.data.empty()
                        ? mn::train_and_test<std::uint8_t>{drawn_color_digits(20000, 1), drawn_color_digits(4000, 2)}
                        : read_images(o.data, o.labels);
  results found(fs::path(o.out) / "accuracy.csv");
  mn::network<real_net> real{mn::seed{7}, mn::initializer::he};
  real.normalize({.mean = {0.4914f, 0.4822f, 0.4465f}, .stddev = {0.2470f, 0.2435f, 0.2616f}});
  const std::string file = (fs::path(o.out) / "floats.mnn").string();
  if (fs::exists(file) && found.has("floats", 7)) {
    real = mn::load<mn::network<real_net>>(file);
  } else {
    std::printf("floats, %d epochs\n", o.epochs);
    auto measured = how(o.epochs, 7, 1);
    measured.validation = &data.test;
    train(real, data.train,
          mn::sgd{.rate = o.rate, .momentum = 0.9f, .weight_decay = 1e-4f, .decay = mn::cosine_rate{}}, mn::constant{1},
          measured, [](const mn::event&) {});
    mn::save(real, file);
    found.add("floats", 7, mn::accuracy(real, data.test));
  }
  const task t{data, real, found, o};
  quantize<8, 8, mn::per_tensor>(t, "8-8 per layer");
  quantize<8, 8, mn::per_channel>(t, "8-8 per channel");
  quantize<4, 8, mn::per_tensor>(t, "4-8 per layer");
  quantize<4, 8, mn::per_channel>(t, "4-8 per channel");
  quantize<4, 4, mn::per_tensor>(t, "4-4 per layer");
  quantize<4, 4, mn::per_channel>(t, "4-4 per channel");
  print_table(found, o, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "alpha_blending: %s\n", e.what());
  return 1;
}
