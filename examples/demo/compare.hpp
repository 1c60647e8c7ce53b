#pragma once

// Trains, packs and times one low-bit network, and trains and times the same network in floats.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/minnow.hpp>

#include "../chosen.hpp"
#include "../progress.hpp"
#include "options.hpp"

namespace mn = minnow;

using images = mn::dataset<std::uint8_t>;

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class Network>
mn::history train(Network& net, const mn::train_and_test<std::uint8_t>& data, const options& o) {
  constexpr int batch = 128;
  const int steps = mn::ceil_div(data.train.size(), batch);
  progress bar(o.epochs, steps);
  double loss = 0;
  double accuracy = 0;
  const auto run =
      mn::fit(net, data.train, mn::adam{.rate = o.rate, .decay = mn::cosine_rate{.to = 0.01f}}, chosen::now->schedule,
              {.epochs = o.epochs,
               .batch = batch,
               .validation = &data.test,
               .seed = mn::seed{o.seed},
               .augmentation = {.crop = o.crop, .flip = o.flip}},
              [&](const mn::event& e, Network&) {
                if (e.epoch_end)
                  return bar.epoch(e.epoch, e.loss, e.accuracy, e.validation_accuracy_blended, e.validation_accuracy,
                                   e.seconds);
                const int step = static_cast<int>((e.step - 1) % steps) + 1;
                loss += (e.loss - loss) / step;
                accuracy += (e.accuracy - accuracy) / step;
                bar.step(e.epoch, step, loss, accuracy, static_cast<double>(e.alpha));
              });
  std::printf("trained %d epochs of %d images in %.1f s: %.0f images/s\n", o.epochs, data.train.size(), run.seconds,
              static_cast<double>(data.train.size()) * o.epochs / run.seconds);
  return run;
}

/// The results that the demo prints in its last lines.
struct report {
  mn::history trained;
  double accuracy_packed = 0;
  int disagreements = 0;
  double us_packed = 0;
  double accuracy_real = 0;
  long long bytes_real = 0;
  double us_real = 0;
  std::vector<float> logits{};
};

inline void print(const report& r, const mn::train_and_test<std::uint8_t>& data, const options& o) {
  std::printf("\nimage 0 is %d, the packed network says", data.test.labels[0]);
  for (const mn::prediction& g : mn::top_k(r.logits, 3))
    std::printf(" %d (%.1f %%)", g.label, 100 * static_cast<double>(g.probability));
  std::printf("\n\n");
  if (!o.skip_real) std::printf("figure accuracy_real %.4f part\n", r.accuracy_real);
  std::printf("figure accuracy_blended %.4f part\n", r.trained.epochs.back().validation_accuracy_blended);
  std::printf("figure accuracy_packed %.4f part\n", r.accuracy_packed);
  std::printf("figure disagreements %d images\n", r.disagreements);
  if (!o.skip_real) std::printf("figure bytes_real %lld bytes\n", r.bytes_real);
  std::printf("figure bytes_packed %ju bytes\n", static_cast<std::uintmax_t>(std::filesystem::file_size(o.save)));
  if (!o.skip_real) std::printf("figure us_per_image_real %.1f us\n", r.us_real);
  std::printf("figure us_per_image_packed %.1f us\n", r.us_packed);
  std::printf("figure seconds_training %.1f s\n", r.trained.seconds);
}

template <class Model>
void run_low_bit(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r) {
  mn::network<Model, chosen> net{mn::seed{o.seed}};
  std::cout << mn::summary(net) << "\n" << o.bits << "-bit network, estimator " << o.estimator << "\n";
  r.trained = train(net, data, o);

  mn::save(mn::pack(net), o.save);
  const auto tiny = mn::load<mn::packed<Model>>(o.save);
  std::cout << "\n" << mn::summary(tiny) << "\n";

  const auto expected = mn::predict(net, data.test);
  const auto found = mn::predict(tiny, data.test);
  r.accuracy_packed = mn::accuracy(found, data.test.labels);
  for (std::size_t i = 0; i < found.size(); ++i) r.disagreements += expected[i] != found[i];

  // Time single images on one thread.
  mn::session<mn::packed<Model>> session(tiny);
  r.logits.resize(10);
  const int timed = std::min(data.test.size(), 1000);
  const auto start = std::chrono::steady_clock::now();
  for (int i = timed; i-- > 0;) session.run(data.test.image(i), std::span<float>(r.logits));
  r.us_packed = seconds_since(start) / timed * 1e6;
}

template <class Model>
void run_real(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r) {
  std::printf("the same network in 32-bit floats\n");
  mn::network<Model, chosen> net{mn::seed{o.seed}};
  train(net, data, o);
  r.accuracy_real = mn::accuracy(net, data.test);
  net.parameters(
      [&](std::string_view, const mn::parameter& p) { r.bytes_real += 4 * static_cast<long long>(p.value.size()); });
  // Time the float network in its fastest mode: mn::logits multiplies the matrices of 128 images at a time.
  const images some = data.test.part(0, std::min(data.test.size(), 1000));
  mn::set_threads(1);
  const auto start = std::chrono::steady_clock::now();
  (void)mn::logits(net, some);
  r.us_real = seconds_since(start) / some.size() * 1e6;
  mn::set_threads(o.threads);
}

/// A function that trains and measures one kind of network.
using runner = void (*)(const mn::train_and_test<std::uint8_t>& data, const options& o, report& r);

/// Trains and measures the network of 1, 2 or 3 bits, then the same network in floats.
inline void run(const mn::train_and_test<std::uint8_t>& data, const options& o, runner one, runner two, runner three,
                runner in_floats) {
  report r;
  (o.bits == 1 ? one : o.bits == 2 ? two : three)(data, o, r);
  if (!o.skip_real) in_floats(data, o, r);
  print(r, data, o);
}

/// Runs Model D of MINW-Net. It is in a separate translation unit, compiled in parallel with the networks for digits.
void run_model_d(const mn::train_and_test<std::uint8_t>& data, const options& o);
