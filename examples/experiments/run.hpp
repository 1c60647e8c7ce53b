#pragma once

// Runs one network with the given bits, estimators and schedules, each combination with every seed.

#include <chrono>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "../chosen.hpp"
#include "../read_images.hpp"
#include "estimators/levels.hpp"
#include "experiment.hpp"

/// Classes of the networks. Each program is compiled for 10 classes, and as NAME_20 and NAME_100 for 20 and 100.
inline constexpr int classes = EXPERIMENT_CLASSES;

struct options {
  std::string data;
  std::string labels = "fine";
  std::string out = "estimators";
  std::vector<int> bits{1};
  std::vector<std::string> estimators{"ste", "aqe", "aqe_expected", "alpha_blend"};
  std::vector<std::string> schedules{"own"};
  int epochs = 30;
  int images = 0;
  int batch = 128;
  int first_seed = 1;
  int seeds = 1;
  int threads = 0;
  float rate = 5e-3f;
  std::string decay = "half-cosine";
  bool levels = false;
  std::vector<int> histograms{};  ///< epochs whose histograms are kept; empty: all
};

/// Adds the options that all of these experiments share.
inline void add_options(CLI::App& app, options& o) {
  app.add_option("--data", o.data,
                 "folder of the binary files of CIFAR-10 or CIFAR-100, or where 28x28 images suit, of MNIST's or "
                 "Fashion-MNIST's");
  app.add_option("--labels", o.labels, "fine or coarse: CIFAR-100's 100 classes or 20 superclasses")
      ->capture_default_str();
  app.add_option("--out", o.out, "folder of the results; a run that was stopped goes on with what is there")
      ->capture_default_str();
  app.add_option("--epochs", o.epochs, "passes over the training images")->capture_default_str();
  app.add_option("--images", o.images, "training images that are used; 0: all")->capture_default_str();
  app.add_option("--batch", o.batch, "images of a step")->capture_default_str();
  app.add_option("--decay", o.decay, "half-cosine or exponential: how the learning rate falls to 1/100")
      ->check(CLI::IsMember({"half-cosine", "exponential"}))
      ->capture_default_str();
  app.add_option("--first-seed", o.first_seed, "of the first run")->capture_default_str();
  app.add_option("--seeds", o.seeds, "runs of each row")->capture_default_str();
  app.add_option("--threads", o.threads, "0: all cores")->capture_default_str();
}
inline void add_rate(CLI::App& app, options& o) {
  app.add_option("--rate", o.rate, "Adam's first learning rate; it falls as --decay says")->capture_default_str();
}
inline void add_estimators(CLI::App& app, options& o) {
  app.add_option("--estimators", o.estimators, "ste, aqe, aqe_expected, aqe_stochastic, alpha_blend")
      ->capture_default_str();
}

/// The images, their augmentation and normalization, and the results. The results are kept in the folder `o.out`.
struct task {
  const options& o;
  mn::train_and_test<std::uint8_t> data;
  mn::augmentation augmentation{};
  mn::normalization normalization{};  ///< not used by networks whose first layer reads bytes
  results found{fs::path(o.out) / "accuracy.csv"};
};

[[nodiscard]] inline bool in_color(const task& t) { return t.data.train.dimensions.channels == 3; }

/// Reads the images, sets the threads and creates the folder of the results.
inline task begin(const options& o) {
  mn::set_threads(o.threads);
  fs::create_directories(o.out);
  task t{.o = o, .data = read_images(o.data, o.labels)};
  const int largest = *std::max_element(t.data.train.labels.begin(), t.data.train.labels.end());
  if (largest >= classes)
    throw std::invalid_argument("--data: expected labels from 0 to " + std::to_string(classes - 1) + ", found " +
                                std::to_string(largest) + ": run the program compiled for " +
                                (largest < 20 ? "20" : "100") + " classes");
  if (o.images > 0) t.data.train = t.data.train.part(0, std::min(o.images, t.data.train.size()));
  t.augmentation = {.crop = in_color(t) ? 4 : 0, .flip = in_color(t)};
  return t;
}
/// Reads the data like `begin`, and checks that the images are 32x32 color images.
inline task begin_in_color(const options& o) {
  task t = begin(o);
  if (!in_color(t)) throw std::invalid_argument("--data: expected 32x32 color images, found other ones");
  return t;
}

/// Prints figures for scripts: all accuracies, and the minutes that the program took.
inline void print_figures(const task& t, std::chrono::steady_clock::time_point began) {
  t.found.print_figures();
  std::printf("figure minutes %.1f min\n",
              std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() / 60);
}

/// Returns Adam with the given first rate and the options' decay.
[[nodiscard]] inline mn::adam adam_of(const options& o, float rate) {
  if (o.decay == "exponential")
    return {.rate = rate, .decay = mn::exponential_rate{std::pow(0.01f, 1.0f / static_cast<float>(o.epochs))}};
  return {.rate = rate, .decay = mn::cosine_rate{.to = 0.01f}};
}

using alpha_schedule = std::function<float(const mn::progress&)>;

/// Returns the schedule of this name; "own" means the estimator's default schedule.
inline alpha_schedule schedule_of(const std::string& name, const alpha_schedule& own) {
  const mn::fraction end{0.9f};
  if (name == "own") return own;
  if (name == "half") return mn::constant{0.5f};
  if (name == "linear") return mn::linear{.end = end};
  if (name == "rising") return mn::linear{.from = 0.5f, .to = 1, .end = end};
  if (name == "cubic") return mn::cubic{.end = end};
  if (name == "exponential")
    return [end](const mn::progress& p) {  // alpha reaches 1 - exp(-5) at the end
      return mn::exponential{.lambda = 5 / static_cast<float>(end.part * static_cast<float>(p.steps)), .end = end}(p);
    };
  throw std::invalid_argument("--schedules: expected own, half, linear, rising, cubic or exponential, found " + name);
}

/// Appends one line for each epoch of a run to a CSV file.
inline void keep_curve(const fs::path& file, const std::string& row, int seed, const mn::history& run) {
  const bool fresh = !fs::exists(file);
  std::ofstream out(file, std::ios::app);
  if (fresh) out << "row,seed,epoch,loss,train,blended,quantized,alpha,rate,seconds\n";
  for (const mn::event& e : run.epochs)
    out << row << ',' << seed << ',' << e.epoch << ',' << e.loss << ',' << e.accuracy << ','
        << e.validation_accuracy_blended << ',' << e.validation_accuracy << ',' << e.alpha << ',' << e.rate << ','
        << e.seconds << '\n';
}

/// Leaves a network as it is.
struct unchanged {
  template <class Network>
  void operator()(Network&) const noexcept {}
};

/// Trains one network, or resumes its interrupted run, and records the packed network's accuracy under `row`.
///
/// prepare   called with the new network before it is trained
/// finish    called with the trained network before its accuracy is recorded
template <class Model, class Estimator, mn::optimizer Optimizer, class Prepare = unchanged, class Finish = unchanged>
void run_one(task& t, const std::string& row, int seed, const Optimizer& optimizer, const alpha_schedule& alpha,
             const Prepare& prepare = {}, const Finish& finish = {}) {
  if (t.found.has(row, seed)) return;
  std::printf("%s, seed %d\n", row.c_str(), seed);
  const fs::path out(t.o.out);
  std::string name = row + " " + std::to_string(seed);
  std::replace(name.begin(), name.end(), ' ', '-');
  const fs::path checkpoint = out / (name + ".checkpoint");

  const images some = t.data.test.part(0, std::min(t.data.test.size(), 2000));  // measured after every epoch
  mn::network<Model, Estimator> net{mn::seed{static_cast<std::uint64_t>(seed)}};
  net.normalize(t.normalization);
  prepare(net);
  const auto run = train(net, t.data.train, optimizer, alpha,
                         {.epochs = t.o.epochs,
                          .batch = t.o.batch,
                          .validation = &some,
                          .seed = mn::seed{static_cast<std::uint64_t>(seed)},
                          .augmentation = t.augmentation,
                          .checkpoint = {.path = checkpoint.string(), .resume = true}},
                         [&](const mn::event& e) {
                           if constexpr (has_second_conv<Model> && mn::network<Model>::quantizes)
                             if (t.o.levels && e.epoch_end)
                               keep_levels(out, row, seed, e, net, t.data.test, t.o.histograms);
                         });
  keep_curve(out / "curves.csv", row, seed, run);
  finish(net);
  const double accuracy = packed_accuracy(net, t.data.test);
  std::printf("  %s, seed %d: %.2f %%\n", row.c_str(), seed, 100 * accuracy);
  std::fflush(stdout);
  t.found.add(row, seed, accuracy);
  fs::remove(checkpoint);
  fs::remove(checkpoint.string() + ".lock");
}

/// Trains a network with each estimator and schedule. A float network is trained only once, since it does not use an
/// estimator.
template <class Model>
void run_all(task& t, const std::string& name, int seed, float rate) {
  const mn::adam optimizer = adam_of(t.o, rate);
  if (!mn::network<Model>::quantizes) {
    chosen::choose("ste");
    return run_one<Model, chosen>(t, name + " floats", seed, optimizer, mn::constant{1});
  }
  for (const std::string& estimator : t.o.estimators)
    for (const std::string& schedule : t.o.schedules) {
      if (estimator == "ste" && schedule != t.o.schedules.front()) continue;  // ste ignores alpha
      const std::string row = name + " " + estimator + (estimator == "ste" || schedule == "own" ? "" : " " + schedule);
      if (estimator == "aqe_stochastic") {
        run_one<Model, mn::aqe_stochastic>(t, row, seed, optimizer,
                                           schedule_of(schedule, mn::linear{.from = 0.5f, .to = 1}));
      } else {
        chosen::choose(estimator);
        run_one<Model, chosen>(t, row, seed, optimizer, schedule_of(schedule, chosen::now->schedule));
      }
    }
}

/// Compares, in words, each row of another estimator with the row of `ste` for the same network.
inline void compare_with_ste(const results& found) {
  for (const auto& [row, seeds] : found.all()) {
    const auto last = row.find_last_of("0123456789");  // the bits; the estimator's name follows
    if (last != std::string::npos && row.substr(last + 1) != " ste")
      found.compare(row, row.substr(0, last + 1) + " ste");
  }
}

/// Runs all networks of one family: every seed and number of bits.
template <template <int> class Model>
void run_family(task& t, const std::string& family) {
  for (int seed = t.o.first_seed; seed < t.o.first_seed + t.o.seeds; ++seed)
    for (const int bits : t.o.bits) {
      const std::string name = family + " " + std::to_string(bits);
      if (bits == 1) run_all<Model<1>>(t, name, seed, t.o.rate);
      else if (bits == 2) run_all<Model<2>>(t, name, seed, t.o.rate);
      else if (bits == 3) run_all<Model<3>>(t, name, seed, t.o.rate);
      else if (bits == 32) run_all<Model<32>>(t, name, seed, t.o.rate);
      else throw std::invalid_argument("--bits: expected 1, 2, 3 or 32, found " + std::to_string(bits));
    }
}

/// Run Model D of MINW-Net, and small networks of a given width for 28x28 images. Each function is in a separate
/// translation unit.
void run_model_d(task& t);
void run_small(task& t, int width);
