// Trains a low-bit network and the same network in 32-bit floats, packs it, saves it, loads it, runs it, reports.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <vector>

#include <minnow/minnow.hpp>
#ifdef MINNOW_EXAMPLE_GZIP
#include <minnow/io/gzip.hpp>
#endif

#include "chosen.hpp"
#include "options/options.hpp"
#include "progress.hpp"

namespace mn = minnow;

/// A small ConvNet for 28x28 digits: M bits everywhere but the image, which stays its bytes.
template <int M, class Weights = typename mn::minw<M, M>::weights>
struct digits : mn::model<mn::image<1, 28, 28>,
    mn::conv<32, mn::scheme<mn::pixels, Weights>, mn::kernel<5>>, mn::max_pool<2>, mn::batch_norm,
    mn::conv<64, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
    mn::dense<256, mn::minw<M, M>>, mn::batch_norm,
    mn::dense<10, mn::minw<M, M>>, mn::batch_norm> {};

/// Model D of MINW-Net for 32x32 colour images.
template <int M, class Weights = typename mn::minw<M, M>::weights>
struct model_d : mn::model<mn::image<3, 32, 32>,
    mn::conv<64, mn::scheme<mn::pixels, Weights>>, mn::batch_norm, mn::conv<64, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
    mn::conv<128, mn::minw<M, M>>, mn::batch_norm, mn::conv<128, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
    mn::conv<256, mn::minw<M, M>>, mn::batch_norm, mn::conv<256, mn::minw<M, M>>, mn::max_pool<2>, mn::batch_norm,
    mn::dense<128, mn::minw<M, M>>, mn::batch_norm, mn::dense<512, mn::minw<M, M>>, mn::batch_norm,
    mn::dense<10, mn::minw<M, M>>, mn::batch_norm> {};

using images = mn::dataset<std::uint8_t>;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class Network>
mn::history train(Network& net, const mn::train_and_test<std::uint8_t>& data, const options& o) {
  constexpr int batch = 128;
  const int steps = mn::ceil_div(data.train.size(), batch);
  progress bar(o.epochs, steps);
  double loss = 0;
  double accuracy = 0;
  const auto run = mn::fit(net, data.train, mn::adam{.rate = o.rate, .decay = mn::cosine_rate{.to = 0.01f}}, chosen::now->schedule,
                           {.epochs = o.epochs, .batch = batch, .validation = &data.test, .seed = mn::seed{o.seed},
                            .augmentation = {.crop = o.crop, .flip = o.flip}},
                           [&](const mn::event& e, Network&) {
                             if (e.epoch_end) return bar.epoch(e.epoch, e.loss, e.accuracy, e.blended, e.quantized, e.seconds);
                             const int step = static_cast<int>((e.step - 1) % steps) + 1;
                             loss += (e.loss - loss) / step;
                             accuracy += (e.accuracy - accuracy) / step;
                             bar.step(e.epoch, step, loss, accuracy, static_cast<double>(e.alpha));
                           });
  std::printf("trained %d epochs of %d images in %.1f s: %.0f images/s\n", o.epochs, data.train.size(), run.seconds,
              static_cast<double>(data.train.size()) * o.epochs / run.seconds);
  return run;
}

/// What the demo says in its last lines.
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

void print(const report& r, const mn::train_and_test<std::uint8_t>& data, const options& o) {
  std::printf("\nimage 0 is %d, the packed network says", data.test.labels[0]);
  for (const mn::guess& g : mn::top(r.logits, 3)) std::printf(" %d (%.1f %%)", g.label, 100 * static_cast<double>(g.probability));
  std::printf("\n\n");
  if (!o.skip_real) std::printf("figure accuracy_real %.4f part\n", r.accuracy_real);
  std::printf("figure accuracy_blended %.4f part\n", r.trained.epochs.back().blended);
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
  r.accuracy_packed = mn::part_correct(found, data.test.labels);
  for (std::size_t i = 0; i < found.size(); ++i) r.disagreements += expected[i] != found[i];

  // One image after the other on one thread.
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
  net.parameters([&](std::string_view, const mn::parameter& p) { r.bytes_real += 4 * static_cast<long long>(p.value.size()); });
  // The float network at its best: through the matrix product, 128 images at a time.
  const images some = data.test.part(0, std::min(data.test.size(), 1000));
  mn::set_threads(1);
  const auto start = std::chrono::steady_clock::now();
  (void)mn::logits(net, some);
  r.us_real = seconds_since(start) / some.size() * 1e6;
  mn::set_threads(o.threads);
}

template <class One, class Two, class Three, class Real>
void run(const mn::train_and_test<std::uint8_t>& data, const options& o) {
  report r;
  if (o.bits == 1) run_low_bit<One>(data, o, r);
  else if (o.bits == 2) run_low_bit<Two>(data, o, r);
  else run_low_bit<Three>(data, o, r);
  if (!o.skip_real) run_real<Real>(data, o, r);
  print(r, data, o);
}

mn::train_and_test<std::uint8_t> read(const options& o) {
  namespace fs = std::filesystem;
  if (o.data.empty()) return {mn::drawn_digits(20000, mn::seed{1}), mn::drawn_digits(4000, mn::seed{2})};
  if (fs::exists(fs::path(o.data) / "data_batch_1.bin")) return mn::read_cifar10(o.data);
#ifdef MINNOW_EXAMPLE_GZIP
  return mn::read_mnist(o.data, mn::gzip);
#else
  return mn::read_mnist(o.data);
#endif
}

int main(int argc, char** argv) try {
  options o;
  if (const auto exit = o.read(argc, argv)) return *exit;
  chosen::choose(o.estimator);
  mn::set_threads(o.threads);

  const auto data = read(o);
  const bool colour = data.train.dimensions.channels == 3;
  if (o.model.empty()) o.model = colour ? "d" : "digits";
  if (o.epochs < 1) o.epochs = colour ? 1 : 5;
  if (o.crop < 0) o.crop = colour ? 4 : o.data.empty() ? 0 : 2;
  o.flip = o.flip || colour;
  std::printf("%d training and %d test images of %dx%dx%d\n\n", data.train.size(), data.test.size(), data.train.dimensions.height,
              data.train.dimensions.width, data.train.dimensions.channels);
  if (o.model == "d") run<model_d<1>, model_d<2>, model_d<3>, model_d<32>>(data, o);
  else run<digits<1>, digits<2>, digits<3>, digits<32>>(data, o);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "quickstart: %s\n", e.what());
  return 1;
}
