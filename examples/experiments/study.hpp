#pragma once

// Trains networks at the best of several learning rates. Short runs choose the rate: they train on a part of the
// training images and measure accuracy on other training images, on which no run trains.

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "run.hpp"

/// How a learning rate is chosen.
struct search_options {
  std::vector<float> rates;
  int epochs;
  int images;
  int held_out = 5000;   ///< training images, the last ones, that only the choice of the rate uses
  bool extends = false;  ///< true: while the best rate is the highest or the lowest, tries twice or half of it
};

inline void add_search(CLI::App& app, search_options& s) {
  app.add_option("--rates", s.rates, "first learning rates to choose from; they fall as --decay says")
      ->capture_default_str();
  app.add_flag("--extend-rates", s.extends,
               "while the best rate is the highest or the lowest, try twice or half of it too");
  app.add_option("--search-epochs", s.epochs, "passes of the runs that choose")->capture_default_str();
  app.add_option("--search-images", s.images, "their training images")->capture_default_str();
  app.add_option("--held-out", s.held_out, "other training images, on which they measure accuracy")
      ->capture_default_str();
}

/// The runs of an experiment, and the runs that choose their rates, which are kept in the folder "search".
class study {
public:
  study(const options& o, search_options how)
      : how_(std::move(how)),
        long_(o),
        short_(of_search(o, how_)),
        runs_(begin_in_color(long_)),
        search_{.o = short_, .data = {}, .augmentation = runs_.augmentation} {
    fs::create_directories(short_.out);
    const images all = long_.images > 0 ? read_images(o.data, o.labels).train : runs_.data.train;
    const int most = all.size() - how_.held_out;
    if (how_.images > most)
      throw std::invalid_argument("--search-images: expected at most " + std::to_string(most) + ", found " +
                                  std::to_string(how_.images));
    search_.data = {all.part(0, how_.images), all.part(most, all.size())};
    runs_.data.train = all.part(0, long_.images > 0 ? std::min(long_.images, most) : most);
  }
  study(const study&) = delete;
  study& operator=(const study&) = delete;

  [[nodiscard]] const options& o() const noexcept { return long_; }
  [[nodiscard]] const task& runs() const noexcept { return runs_; }

  /// Sets the normalization of images, for networks whose first layer reads floats.
  void normalize(const mn::normalization& n) {
    runs_.normalization = n;
    search_.normalization = n;
  }

  /// Chooses the rate of `row`, then trains the network of one seed at that rate.
  ///
  /// run   run(task, row, seed, rate) trains one network and records its accuracy, as `run_one` does
  template <class Run>
  void train(const std::string& row, int seed, const Run& run) {
    if (!runs_.found.has(row, seed)) run(runs_, row, seed, best_rate(row, run));
  }
  /// Trains the network of one seed at a rate that is already chosen.
  template <class Run>
  void train_at(float rate, const std::string& row, int seed, const Run& run) {
    run(runs_, row, seed, rate);
  }

  /// Returns the rate with the highest accuracy on the held-out images, with seed 1. Trains the networks that it needs.
  template <class Run>
  float best_rate(const std::string& row, const Run& run) {
    if (how_.rates.size() == 1 && !how_.extends) return how_.rates.front();
    std::map<float, double> tried;
    const auto try_rate = [&](float rate) {
      const std::string name = row_at(row, rate);
      try {
        if (!search_.found.has(name, 1)) run(search_, name, 1, rate);
      } catch (const mn::error& e) {  // a run that diverged
        std::printf("  %s\n", e.what());
        search_.found.add(name, 1, 0);
      }
      tried[rate] = search_.found.of(name).at(1);
    };
    for (const float rate : how_.rates) try_rate(rate);
    for (std::size_t left = 8;; --left) {
      const auto best = std::max_element(tried.begin(), tried.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
      const float rate = best->first;
      if (!how_.extends || left == 0) return rate;
      if (std::next(best) == tried.end()) try_rate(2 * rate);
      else if (best == tried.begin()) try_rate(rate / 2);
      else return rate;
    }
  }

  /// Prints a table of all rows, with the accuracies of the runs that chose their rates.
  void print_table() const {
    std::printf("\n| row | seeds | accuracy of the packed network, %% | rate: accuracy on held-out images, %% |\n");
    std::printf("|---|---|---|---|\n");
    for (const auto& [row, seeds] : runs_.found.all()) {
      std::map<float, double> tried;
      for (const auto& [name, found] : search_.found.all())
        if (name.starts_with(row + " at ")) tried[std::stof(name.substr(row.size() + 4))] = found.at(1);
      std::printf("| %s | %zu | %s |", row.c_str(), seeds.size(), runs_.found.shown(row).c_str());
      for (const auto& [rate, accuracy] : tried) std::printf(" %g: %.2f", static_cast<double>(rate), 100 * accuracy);
      std::printf(" |\n");
    }
    std::printf("\n");
  }

private:
  static std::string row_at(const std::string& row, float rate) {
    std::ostringstream name;
    name << row << " at " << rate;
    return name.str();
  }
  static options of_search(options o, const search_options& how) {
    o.out = (fs::path(o.out) / "search").string();
    o.epochs = how.epochs;
    o.levels = false;
    return o;
  }

  search_options how_;
  options long_;
  options short_;
  task runs_;
  task search_;
};
