// Measures training steps (forward, backward and Adam) in images per second, next to PyTorch if it is installed. Then
// prints each layer's share of the time spent in layers.
//
// usage: bench_training [d_ste | d_aqe | a_ste | mlp_ste | threads | memory ...]      all without arguments

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>

#include "measure.hpp"
#include "models.hpp"
#include "peers/torch.hpp"

namespace {

namespace mn = bench::mn;
using bench::figure;

double peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

/// Trains one network for a few steps on random images with random labels.
template <class Model, class Estimator, class Schedule>
class training {
public:
  training(int batch, const Schedule& schedule) : batch_(batch), schedule_(schedule) {}

  /// Returns the seconds per step: the median of a few steps, not counting the first step.
  double seconds() {
    std::vector<double> steps;
    double before = bench::seconds();
    mn::fit(net_, data_, mn::adam{.rate = 1e-3f}, schedule_, {.batch = batch_, .batch_norm_batches = 0},
            [&](const mn::event& e, auto&) {
              const double now = bench::seconds();
              if (!e.epoch_end && e.step > 1) steps.push_back(now - before);
              before = now;
            });
    return bench::median(steps);
  }
  [[nodiscard]] int batch() const noexcept { return batch_; }

  /// Prints the share of each layer's forward and backward pass in the time spent in layers.
  void print_shares(const std::string& name) {
    mn::layer_times times;
    net_.time_into(&times);
    seconds();
    net_.time_into(nullptr);
    double all = 0;
    for (const auto* pass : {&times.forward, &times.backward})
      for (const double s : *pass) all += s;
    std::size_t i = 0;
    net_.visit([&](std::string_view path, auto&) {
      const std::string layer = name + "_" + std::string(path);
      figure(layer + "_forward", 100 * times.forward[i] / all, "%");
      figure(layer + "_backward", 100 * times.backward[i] / all, "%");
      ++i;
    });
  }

private:
  static constexpr int steps_of_a_run = 4;

  mn::dataset<std::uint8_t> data() const {
    const int images = steps_of_a_run * batch_;
    std::vector<int> labels(static_cast<std::size_t>(images));
    mn::random random{mn::seed{5}};
    for (int& label : labels) label = random.below(10);
    return {mn::layer_graph<Model>::input, bench::random_images<Model>(images), std::move(labels)};
  }

  int batch_;
  Schedule schedule_;
  mn::network<Model, Estimator> net_{mn::seed{1}};
  mn::dataset<std::uint8_t> data_ = data();
};

/// Counts the multiply-accumulates of a training step: each layer has a forward product and two backward products. The
/// first layer has only one backward product, because no gradient of the image is computed.
template <class Model>
double macs_of_step() {
  static_assert(mn::detail::stage_plan<Model, 0>::has_product);
  return 3 * bench::macs_of<Model>() - static_cast<double>(mn::detail::stage_plan<Model, 0>::window.macs());
}

class runs {
public:
  runs(std::vector<std::string_view> wanted) : wanted_(std::move(wanted)) {
    if (torch_.available()) std::printf("peer: PyTorch %s\n", torch_.about().c_str());
    else std::printf("skipped: PyTorch (python3-torch) not found\n");
    std::fflush(stdout);
  }

  /// Compares one network with PyTorch's network of the same sizes, which uses sign and the straight-through estimator.
  /// If `with_floats`, also compares it with PyTorch's network in plain floats.
  template <class Model, class Estimator, class Schedule>
  void compare(const std::string& name, const std::string& model, int batch, const Schedule& schedule,
               bool with_floats = false) {
    if (!wants(name)) return;
    training<Model, Estimator, Schedule> own(batch, schedule);
    std::vector<double> seconds, per_cycle, of_ste, of_floats;
    const std::string sizes = " " + std::to_string(batch);
    own.seconds();
    for (int round = 0; round < 5; ++round) {
      const double before = bench::cycle();
      seconds.push_back(own.seconds());
      per_cycle.push_back(macs_of_step<Model>() * batch / seconds.back() * (before + bench::cycle()) / 2);
      if (!torch_.available()) continue;
      of_ste.push_back(torch_.ask(model + " ste" + sizes));
      if (with_floats) of_floats.push_back(torch_.ask(model + " f32" + sizes));
    }
    const double taken = bench::median(seconds);
    figure("train_" + name, batch / taken, "images/s");
    const double macs = bench::median(per_cycle);
    figure("train_" + name + "_macs", macs, "MAC/cycle");
    // The FMA peak is two vector multiply-adds per cycle. Products of codes and Winograd convolutions may exceed it.
    figure("train_" + name + "_of_fma_peak", macs / (2.0 * mn::detail::lanes), "parts");
    own.print_shares("train_" + name);
    against("train_" + name + "_vs_torch_ste", of_ste, taken, batch);
    against("train_" + name + "_vs_torch_f32", of_floats, taken, batch);
  }

  template <class Model>
  void threads() {
    if (!wants("threads")) return;
    training<Model, mn::ste, mn::constant> own(128, mn::constant{1.0f});
    std::vector<double> one, two;
    own.seconds();
    for (int round = 0; round < 5; ++round) {
      mn::set_threads(1);
      one.push_back(own.seconds());
      mn::set_threads(2);
      two.push_back(own.seconds());
    }
    mn::set_threads(1);
    figure("train_threads_2_speedup", bench::median(one) / bench::median(two), "times");
    figure("train_d_epoch_seconds", bench::median(two) / 128 * 50'000, "s");
  }

  /// Compares how much the peak memory of minnow and of PyTorch grows. Must run before anything else.
  template <class Model>
  void memory() {
    if (!wants("memory")) return;
    const double before = peak_bytes();
    {
      training<Model, mn::ste, mn::constant> own(128, mn::constant{1.0f});
      own.seconds();
    }
    const double own = peak_bytes() - before;
    figure("train_d_memory", own / 1e6, "MB");
    if (!torch_.available()) return;
    std::printf("PyTorch: %.3f s a step\n", torch_.ask("d ste 128"));
    const double theirs = torch_.ask("memory");
    figure("train_d_memory_torch", theirs / 1e6, "MB");
    figure("train_d_memory_vs_torch", own / theirs, "times");
  }

private:
  [[nodiscard]] bool wants(std::string_view name) const {
    return wanted_.empty() || std::find(wanted_.begin(), wanted_.end(), name) != wanted_.end();
  }
  static void against(const std::string& name, const std::vector<double>& theirs, double own, int batch) {
    if (theirs.empty()) return;
    const double seconds = bench::median(theirs);
    figure(name + "_images", batch / seconds, "images/s");
    figure(name, seconds / own, "times");
    std::fflush(stdout);
  }

  std::vector<std::string_view> wanted_;
  bench::peers::torch torch_{MINNOW_BENCH_PYTHON, MINNOW_BENCH_TORCH_SCRIPT};
};

}  // namespace

int main(int argc, char** argv) {
  mn::set_threads(1);
  runs all({argv + 1, argv + argc});
  using bits = mn::minw<1, 1>;
  const mn::constant quantized{1.0f};
  all.memory<bench::model_d<bits>>();
  all.compare<bench::model_d<bits>, mn::ste>("d_ste", "d", 128, quantized, true);
  all.compare<bench::model_d<bits>, mn::aqe>("d_aqe", "d", 128, mn::constant{0.5f});
  all.compare<bench::model_a<bits>, mn::ste>("a_ste", "a", 64, quantized);
  all.compare<bench::perceptron<bits>, mn::ste>("mlp_ste", "mlp", 128, quantized);
  all.threads<bench::model_d<bits>>();
}
