#pragma once

// Code shared by the recipes of the gallery's networks: resumable phases of training, and the files of the result.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <minnow/minnow.hpp>

#include "../../progress.hpp"
#include "../data.hpp"
#include "../networks.hpp"
#include "../record.hpp"

namespace gallery {

/// The command line of `gallery_train`.
struct options {
  std::string name;                ///< of the network
  std::string data;                ///< folder of the data set
  std::string weights{};           ///< file of published weights, for networks that start from them
  fs::path out = ".";              ///< folder for NAME.mnw and NAME.txt
  fs::path work = "gallery-work";  ///< folder for checkpoints, logs and the networks of finished phases
  int epochs = 0;                  ///< replaces the epochs of every phase; 0: the recipe's
};

/// Seed of the initial weights and of the runs.
inline constexpr std::uint64_t first_seed = 7;

/// Training images, the images on which the best epoch is chosen, and test images, which only the finished network sees.
struct images_of_run {
  images train, held_out, test;

  /// Holds out the last `count` training images.
  static images_of_run holding_out(mn::train_and_test<std::uint8_t> all, int count) {
    const int rest = all.train.size() - count;
    return {all.train.part(0, rest), all.train.part(rest, rest + count), std::move(all.test)};
  }
};

/// Sums of the phases of a network's training.
struct effort {
  double seconds = 0;
  std::string epochs{};  ///< "12 + 20"
  double held_out = 0;   ///< accuracy of the last phase's best epoch on the held-out images
};

/// Trains a network for one phase, and keeps its best epoch on the held-out images. An interrupted phase continues from
/// its checkpoint; a finished phase is loaded.
///
/// phase   name of the files in the working folder
template <class Network, mn::optimizer Optimizer, class Schedule>
void train_phase(Network& net, const std::string& phase, const images_of_run& data, const Optimizer& optimizer,
                 const Schedule& alpha, mn::fit_options<std::uint8_t> how, const options& o, effort& sum) {
  fs::create_directories(o.work);
  const auto file = [&](const char* ending) { return (o.work / (phase + ending)).string(); };
  if (o.epochs > 0) how.epochs = o.epochs;
  record figures = read_record(file(".phase"));
  if (figures.empty()) {
    how.validation = &data.held_out;
    how.seed = {first_seed};
    how.checkpoint = {.path = file(".checkpoint"), .resume = true};
    const int steps = mn::ceil_div(data.train.size(), how.batch);
    progress line(how.epochs, steps);
    std::printf("%s\n", phase.c_str());
    const auto show = [&](const mn::event& e, Network&) {
      if (e.epoch_end) line.epoch(e.epoch, e.loss, e.accuracy, -1, e.validation_accuracy, e.seconds);
      else line.step(e.epoch, static_cast<int>((e.step - 1) % steps) + 1, e.loss, e.accuracy, e.alpha);
    };
    const mn::history run = mn::fit(net, data.train, optimizer, alpha, how,
                                    mn::observers{mn::keep_best{file(".network")}, mn::csv_log{file(".csv")}, show});
    // The seconds of an event count from the start or the continuation of the run.
    double seconds = 0, before = 0, best = 0;
    for (const mn::event& e : run.epochs) {
      seconds += e.seconds >= before ? e.seconds - before : e.seconds;
      before = e.seconds;
      best = std::max(best, e.validation_accuracy);
    }
    figures = {{"seconds", std::to_string(seconds)},
               {"epochs", std::to_string(how.epochs)},
               {"held_out", std::to_string(best)}};
    write_record(file(".phase"), figures);
    fs::remove(file(".checkpoint"));
    fs::remove(file(".checkpoint.lock"));
  }
  net = mn::load<Network>(file(".network"));
  sum.seconds += std::stod(figures.at("seconds"));
  sum.epochs += (sum.epochs.empty() ? "" : " + ") + figures.at("epochs");
  sum.held_out = std::stod(figures.at("held_out"));
}

/// Packs a network, writes NAME.mnw and NAME.txt, and measures the file's network on the test images.
template <class Entry, class Network>
void finish(Network& net, const images_of_run& data, const options& o, const effort& sum) {
  using packed = mn::packed<typename Entry::model>;
  fs::create_directories(o.out);
  const fs::path file = o.out / (o.name + ".mnw");
  mn::save(mn::pack(net), file.string());
  const auto network = mn::load<packed>(file.string());
  const auto percent = [](double part) {
    char text[16];
    std::snprintf(text, sizeof text, "%.2f", 100 * part);
    return std::string(text);
  };
  record figures;
  figures["accuracy"] = percent(mn::accuracy(network, data.test));
  figures["held_out"] = percent(sum.held_out);
  figures["test_images"] = std::to_string(data.test.size());
  figures["epochs"] = sum.epochs;
  figures["seed"] = std::to_string(first_seed);
  char minutes[16];
  std::snprintf(minutes, sizeof minutes, "%.1f", sum.seconds / 60);
  figures["minutes"] = minutes;
  figures["command"] = "gallery_train " + o.name + " " + std::string(Entry::data) +
                       (o.epochs > 0 ? " --epochs " + std::to_string(o.epochs) : "") +
                       (o.weights.empty() ? "" : " --weights " + fs::path(o.weights).filename().string());
  add_figures(figures, network, file);
  write_record(fs::path(file).replace_extension(".txt"), figures);
  for (const auto& [key, value] : figures) std::printf("figure %s %s\n", key.c_str(), value.c_str());
}

/// Copies the weights of a network of floats into a network of few bits, with scales that fit them.
template <class From, class To>
void start_from(const From& from, To& to, const images& data) {
  mn::copy_weights(from, to);
  mn::calibrate(to, data);
  mn::reestimate_batch_norm(to, data);
}

void train_optdigits(const options& o);
void train_mnist(const options& o);
void train_fashion(const options& o);
void train_spoken(const options& o);
void train_cifar(const options& o);
void train_resnet(const options& o);

}  // namespace gallery
