#pragma once

// The runs of one network: bits, estimators and schedules as asked for, each with every seed.

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../chosen.hpp"
#include "../experiment.hpp"
#include "levels.hpp"

struct options {
  std::string data;
  std::string out = "estimators";
  std::vector<int> bits{1};
  std::vector<std::string> estimators{"ste", "aqe", "aqe_expected", "alpha_blend"};
  std::vector<std::string> schedules{"own"};
  int epochs = 30;
  int images = 0;
  int first_seed = 1;
  int seeds = 1;
  int threads = 0;
  float rate = 5e-3f;
  bool levels = false;
};

/// A set of images and what is done to them.
struct task {
  mn::train_and_test<std::uint8_t> data;
  mn::augmentation augmentation;
  results& found;
  const options& o;
};

using alpha_schedule = std::function<float(const mn::progress&)>;

/// The schedule of a name; "own" is the one that suits the estimator.
inline alpha_schedule schedule_of(const std::string& name, const alpha_schedule& own) {
  const mn::fraction end{0.9f};
  if (name == "own") return own;
  if (name == "half") return mn::constant{0.5f};
  if (name == "linear") return mn::linear{.end = end};
  if (name == "rising") return mn::linear{.from = 0.5f, .to = 1, .end = end};
  if (name == "cubic") return mn::cubic{.end = end};
  if (name == "exponential") return [end](const mn::progress& p) {  // 1 - exp(-5) of the way at the end
    return mn::exponential{.lambda = 5 / static_cast<float>(end.part * static_cast<float>(p.steps)), .end = end}(p);
  };
  throw std::invalid_argument("--schedules: expected own, half, linear, rising, cubic or exponential, found " + name);
}

/// One line for each epoch of each run.
inline void keep_curve(const fs::path& file, const std::string& row, int seed, const mn::history& run) {
  const bool fresh = !fs::exists(file);
  std::ofstream out(file, std::ios::app);
  if (fresh) out << "row,seed,epoch,loss,train,blended,quantized,alpha,rate,seconds\n";
  for (const mn::event& e : run.epochs)
    out << row << ',' << seed << ',' << e.epoch << ',' << e.loss << ',' << e.accuracy << ',' << e.blended << ',' << e.quantized << ',' << e.alpha << ','
        << e.rate << ',' << e.seconds << '\n';
}

/// Trains one network, goes on where it was stopped, and keeps the packed network's accuracy under `row`.
template <class Model, class Estimator>
void run_one(const task& t, const std::string& row, int seed, const alpha_schedule& alpha, bool levels) {
  if (t.found.has(row, seed)) return;
  std::printf("%s, seed %d\n", row.c_str(), seed);
  const fs::path out(t.o.out);
  std::string name = row + " " + std::to_string(seed);
  std::replace(name.begin(), name.end(), ' ', '-');
  const fs::path checkpoint = out / (name + ".checkpoint");

  const images some = t.data.test.part(0, std::min(t.data.test.size(), 2000));  // measured after every epoch
  mn::network<Model, Estimator> net{mn::seed{static_cast<std::uint64_t>(seed)}};
  const mn::adam optimizer{.rate = t.o.rate, .decay = mn::cosine_rate{.to = 0.01f}};
  const auto run = train(net, t.data.train, optimizer, alpha,
                         {.epochs = t.o.epochs, .validation = &some, .seed = mn::seed{static_cast<std::uint64_t>(seed)},
                          .augmentation = t.augmentation, .checkpoint = {.path = checkpoint.string(), .resume = true}},
                         [&](const mn::event& e) {
                           if constexpr (has_second_conv<Model>)
                             if (levels && e.epoch_end) keep_levels(out, row, seed, e, net, t.data.test);
                         });
  keep_curve(out / "curves.csv", row, seed, run);
  const double accuracy = packed_accuracy(net, t.data.test);
  std::printf("  %s, seed %d: %.2f %%\n", row.c_str(), seed, 100 * accuracy);
  std::fflush(stdout);
  t.found.add(row, seed, accuracy);
  fs::remove(checkpoint);
  fs::remove(checkpoint.string() + ".lock");
}

/// A network of `bits` bits by each estimator and schedule; 32 bits are trained once, there is nothing to estimate.
template <class Model>
void run_all(const task& t, const std::string& name, int seed) {
  if (!mn::network<Model>::quantizes) {
    chosen::choose("ste");
    return run_one<Model, chosen>(t, name + " floats", seed, mn::constant{1}, false);
  }
  for (const std::string& estimator : t.o.estimators)
    for (const std::string& schedule : t.o.schedules) {
      if (estimator == "ste" && schedule != t.o.schedules.front()) continue;  // ignores alpha
      const std::string row = name + " " + estimator + (estimator == "ste" || schedule == "own" ? "" : " " + schedule);
      if (estimator == "aqe_stochastic") {
        run_one<Model, mn::aqe_stochastic>(t, row, seed, schedule_of(schedule, mn::linear{.from = 0.5f, .to = 1}), t.o.levels);
      } else {
        chosen::choose(estimator);
        run_one<Model, chosen>(t, row, seed, schedule_of(schedule, chosen::now->schedule), t.o.levels);
      }
    }
}

/// All of one family of networks.
template <template <int> class Model>
void run_family(const task& t, const std::string& family) {
  for (int seed = t.o.first_seed; seed < t.o.first_seed + t.o.seeds; ++seed)
    for (const int bits : t.o.bits) {
      const std::string name = family + " " + std::to_string(bits);
      if (bits == 1) run_all<Model<1>>(t, name, seed);
      else if (bits == 2) run_all<Model<2>>(t, name, seed);
      else if (bits == 3) run_all<Model<3>>(t, name, seed);
      else if (bits == 32) run_all<Model<32>>(t, name, seed);
      else throw std::invalid_argument("--bits: expected 1, 2, 3 or 32, found " + std::to_string(bits));
    }
}

/// Model D of MINW-Net, and small networks for 28x28 images of three widths: units of their own.
void run_model_d(const task& t);
void run_small(const task& t, int width);
