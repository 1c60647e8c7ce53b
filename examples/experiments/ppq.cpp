// Measures how many iterations progressive projection (PPQ) needs: the squared error of a tensor that is quantized to 2
// to 8 bits, after one iteration, after three, and when the scale no longer changes. Weights have the paper's levels.
// Inputs, which are never negative here, have the levels of `unsigned_integer`. Prints a table and writes it as CSV.
//
// source  Liu & Mattina 2019, Algorithm 2: "convergence is very fast and 3 iterations is enough"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <minnow/minnow.hpp>

#include "../read_images.hpp"

namespace mn = minnow;

namespace {

using four_bits = mn::scheme<mn::integer<4>, mn::integer<4>>;

/// A small ConvNet with 4-bit weights and inputs. Its dense layer has 200,704 weights.
struct trained : mn::model<mn::image<1, 28, 28>, mn::conv<16, mn::scheme<mn::pixels, mn::integer<4>>, mn::kernel<5>>,
                           mn::max_pool<2>, mn::batch_norm, mn::conv<32, four_bits>, mn::max_pool<2>, mn::batch_norm,
                           mn::dense<128, four_bits>, mn::batch_norm, mn::dense<10, four_bits>, mn::batch_norm> {};

/// Returns the latent weights of the trained network's dense layer.
std::vector<float> latent_weights(const std::string& folder, int epochs) {
  const auto data = read_images(folder);
  mn::network<trained, mn::ste> net{mn::seed{1}};
  mn::fit(net, data.train, mn::adam{.rate = 1e-3f}, mn::constant{1}, {.epochs = epochs, .seed = mn::seed{1}});
  std::printf("test accuracy of the network with the trained weights: %.2f %%\n", 100 * mn::accuracy(net, data.test));
  const auto& weights = net.layer<"6">().weights();
  return {weights.begin(), weights.end()};
}

std::vector<float> normal_values(int count, bool half) {
  std::mt19937_64 draws(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& x : values) x = half ? std::abs(normal(draws)) : normal(draws);
  return values;
}

/// The levels of a quantizer: the integers from low to high, times the scale.
struct integers {
  double low, high;
  [[nodiscard]] double code(double x, double g) const { return std::clamp(std::nearbyint(x / g), low, high); }
};

/// Returns |x - g q|^2 / |x|^2, where q are the codes of the values x at the scale g.
double error_at(std::span<const float> values, integers levels, double g) {
  double error = 0, all = 0;
  for (const float value : values) {
    const double x = static_cast<double>(value), d = x - g * levels.code(x, g);
    error += d * d;
    all += x * x;
  }
  return error / all;
}

/// One iteration: returns <x, q> / <q, q>, with the codes q at the scale g.
double projected(std::span<const float> values, integers levels, double g) {
  double xq = 0, qq = 0;
  for (const float value : values) {
    const double x = static_cast<double>(value), q = levels.code(x, g);
    xq += x * q;
    qq += q * q;
  }
  return xq / qq;
}

struct measured {
  double first, third, settled;  ///< errors
  int iterations;                ///< until the scale changes by less than a part in 10^7
  double best;                   ///< least error of 981 scales up to the first scale
  double scale;                  ///< after three iterations
};

measured measure(std::span<const float> values, integers levels) {
  measured m{};
  double largest = 0;
  for (const float x : values) largest = std::max(largest, std::abs(static_cast<double>(x)));
  const double widest = largest / levels.high;
  double g = widest;
  for (bool rests = false; !rests && m.iterations < 1000;) {
    const double next = projected(values, levels, g);
    rests = std::abs(next - g) < 1e-7 * g;
    g = next;
    ++m.iterations;
    if (m.iterations <= 3) m.scale = g;
    if (m.iterations <= 1) m.first = error_at(values, levels, g);
    if (m.iterations <= 3) m.third = error_at(values, levels, g);
  }
  m.settled = error_at(values, levels, g);
  m.best = m.settled;
  for (int k = 20; k <= 1000; ++k) m.best = std::min(m.best, error_at(values, levels, widest * k / 1000));
  return m;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string data, out = "ppq";
  int epochs = 1, count = 20000, threads = 1;
  CLI::App app("Squared error of PPQ after 1 and 3 iterations and at rest, at 2 to 8 bits.");
  app.add_option("--data", data, "folder of MNIST's or Fashion-MNIST's files; without it, drawn digits");
  app.add_option("--out", out, "folder of the result")->capture_default_str();
  app.add_option("--epochs", epochs, "of the network whose weights are quantized")->capture_default_str();
  app.add_option("--count", count, "random numbers")->capture_default_str();
  app.add_option("--threads", threads, "0: all cores")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  mn::set_threads(threads);

  std::filesystem::create_directories(out);
  std::ofstream file(std::filesystem::path(out) / "ppq.csv");
  file << "values,bits,first,third,settled,iterations,best\n";
  const std::pair<const char*, std::vector<float>> kinds[]{{"normal", normal_values(count, false)},
                                                           {"trained weights", latent_weights(data, epochs)},
                                                           {"half-normal", normal_values(count, true)}};
  std::printf("| values | bits | error after 1 | after 3 | settled | iterations | least | after 3 / settled |\n");
  std::printf("|---|---|---|---|---|---|---|---|\n");
  double largest = 0, difference = 0;
  for (const auto& [kind, values] : kinds)
    for (int bits = 2; bits <= 8; ++bits) {
      const bool is_unsigned = std::string_view(kind) == "half-normal";
      const double high = (1 << (is_unsigned ? bits : bits - 1)) - 1;
      const measured m = measure(values, {is_unsigned ? 0 : -high, high});
      file << kind << ',' << bits << ',' << m.first << ',' << m.third << ',' << m.settled << ',' << m.iterations << ','
           << m.best << '\n';
      std::printf("| %s | %d | %.3g | %.3g | %.3g | %d | %.3g | %.3f |\n", kind, bits, m.first, m.third, m.settled,
                  m.iterations, m.best, m.third / m.settled);
      largest = std::max(largest, m.third / m.settled);
      if (!is_unsigned)
        difference = std::max(difference, std::abs(static_cast<double>(mn::ppq(values, bits)) / m.scale - 1));
    }
  std::printf("figure largest_error_after_3_to_settled %.3f factor\n", largest);
  std::printf("figure difference_of_scale_from_library %.1e part\n", difference);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "ppq: %s\n", e.what());
  return 1;
}
