#pragma once

// Code shared by the experiments: results that survive an interrupted run, training that prints a line per epoch, and
// the accuracy of the packed network.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include <minnow/minnow.hpp>

#include "../progress.hpp"
#include "comparison.hpp"

namespace mn = minnow;
namespace fs = std::filesystem;

using images = mn::dataset<std::uint8_t>;

/// Results by row and seed, kept in a file, so that an interrupted run can continue.
class results {
public:
  explicit results(fs::path file) : file_(std::move(file)) {
    std::ifstream in(file_);
    std::string line;
    for (std::getline(in, line); std::getline(in, line);) {
      std::istringstream fields(line);
      std::string row, seed, accuracy;
      if (std::getline(fields, row, ',') && std::getline(fields, seed, ',') && std::getline(fields, accuracy))
        all_[row][std::stoi(seed)] = std::stod(accuracy);
    }
  }
  [[nodiscard]] bool has(const std::string& row, int seed) const {
    return all_.contains(row) && all_.at(row).contains(seed);
  }
  void add(const std::string& row, int seed, double accuracy) {
    const bool fresh = !fs::exists(file_);
    std::ofstream out(file_, std::ios::app);
    if (fresh) out << "row,seed,accuracy\n";
    out << row << ',' << seed << ',' << accuracy << '\n';
    all_[row][seed] = accuracy;
  }
  [[nodiscard]] const std::map<std::string, by_seed>& all() const noexcept { return all_; }
  /// Returns the accuracies of a row, which are empty if it was not run.
  [[nodiscard]] by_seed of(const std::string& row) const {
    const auto found = all_.find(row);
    return found == all_.end() ? by_seed{} : found->second;
  }
  /// Returns "71.23" for one seed, or "71.23 ± 0.12" for several: mean and sample standard deviation in percent.
  [[nodiscard]] std::string shown(const std::string& row) const {
    const auto found = all_.find(row);
    if (found == all_.end()) return "-";
    const auto [mean, deviation] = spread(found->second);
    char text[64];
    if (found->second.size() == 1) std::snprintf(text, sizeof text, "%.2f", 100 * mean);
    else std::snprintf(text, sizeof text, "%.2f ± %.2f", 100 * mean, 100 * deviation);
    return text;
  }
  /// Prints by how much row `a` is better than row `b`, in words. Prints nothing if either was not run.
  void compare(const std::string& a, const std::string& b) const {
    if (all_.contains(a) && all_.contains(b))
      std::printf("%s.\n", describe(a + " minus " + b, difference(of(a), of(b))).c_str());
  }
  void print_figures() const {
    for (const auto& [row, values] : all_) {
      std::string name = row;
      std::replace_if(name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
      std::printf("figure accuracy_%s %.4f part\n", name.c_str(), spread(values).mean);
    }
  }

private:
  fs::path file_;
  std::map<std::string, by_seed> all_;
};

/// Returns the accuracy of the packed network, and prints how many of its predictions differ from the trained
/// network's.
template <class Network>
[[nodiscard]] double packed_accuracy(Network& net, const images& test) {
  const auto tiny = mn::pack(net);
  const auto found = mn::predict(tiny, test);
  const auto expected = mn::predict(net, test);
  int differ = 0;
  for (std::size_t i = 0; i < found.size(); ++i) differ += found[i] != expected[i];
  std::printf("  packed: %d of %zu images named differently than by the trained network\n", differ, found.size());
  return mn::accuracy(found, test.labels);
}

/// Trains a network and prints a line for each epoch. `watch` receives every event.
template <class Network, mn::optimizer Optimizer, class Schedule, class Watch>
mn::history train(Network& net, const images& data, const Optimizer& optimizer, const Schedule& alpha,
                  const mn::fit_options<std::uint8_t>& how, Watch&& watch) {
  const int steps = mn::ceil_div(data.size(), how.batch);
  progress bar(how.epochs, steps);
  return mn::fit(net, data, optimizer, alpha, how, [&](const mn::event& e, Network&) {
    watch(e);
    const bool measured = how.validation != nullptr;
    if (e.epoch_end)
      bar.epoch(e.epoch, e.loss, e.accuracy, measured ? e.validation_accuracy_blended : -1,
                measured ? e.validation_accuracy : -1, e.seconds);
    else
      bar.step(e.epoch, static_cast<int>((e.step - 1) % steps) + 1, e.loss, e.accuracy, static_cast<double>(e.alpha));
  });
}
