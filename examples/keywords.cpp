// Listens to a long recording, one window at a time. Trains a network for signals with 8-bit inputs and 1- and 8-bit
// weights on synthetic words, packs it, and runs it in one session without allocations. See docs/signals.md.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <numbers>
#include <span>
#include <vector>

#include <minnow/minnow.hpp>

namespace mn = minnow;

constexpr int rate = 4000;            // samples per second
constexpr int window_samples = 2000;  // half a second
constexpr int word_length = 1400;
constexpr const char* words[] = {"rise", "fall", "hill", "clicks"};
constexpr int nothing = 4;  // label of windows without a word

/// Quantizers of depthwise separable convolutions in integers. The sound stays in bytes.
using eight_bits = mn::scheme<mn::unsigned_integer<8>, mn::integer<8, mn::per_channel>>;
struct listener
    : mn::model<mn::signal<1, window_samples>,
                mn::conv_1d<16, mn::scheme<mn::pixels, mn::integer<8, mn::per_channel>>, mn::kernel<15>, mn::stride<4>>,
                mn::batch_norm, mn::relu, mn::depthwise_conv_1d<eight_bits, mn::kernel<9>>, mn::batch_norm, mn::relu,
                mn::conv_1d<24, eight_bits, mn::kernel<1>>, mn::batch_norm, mn::relu, mn::max_pool_1d<4>,
                mn::depthwise_conv_1d<eight_bits, mn::kernel<9>, mn::stride<2>>, mn::batch_norm, mn::relu,
                mn::conv_1d<32, mn::scheme<mn::unsigned_integer<8>, mn::sign>, mn::kernel<1>>, mn::batch_norm, mn::relu,
                mn::max_pool_1d<4>, mn::dense<5, eight_bits>, mn::bias> {};

/// Adds a word to a sound with samples in [-1, 1], starting at sample `at`.
void say(int word, std::span<float> sound, int at, mn::random& random) {
  const double pitch = static_cast<double>(random.uniform(200, 400));
  double phase = 0;
  for (int i = 0; i < word_length; ++i) {
    const double part = static_cast<double>(i) / word_length;
    const double bend = word == 0 ? part : word == 1 ? 1 - part : 1 - std::abs(2 * part - 1);
    phase += 2 * std::numbers::pi * pitch * (1 + 2 * bend) / rate;
    sound[static_cast<std::size_t>(at + i)] +=
        static_cast<float>(word == 3 ? (i % 100 < 12 ? 0.7 : 0.0) : 0.6 * std::sin(phase));
  }
}

std::vector<float> noise(int samples, mn::random& random) {
  std::vector<float> sound(static_cast<std::size_t>(samples));
  for (float& s : sound) s = random.uniform(-0.2f, 0.2f);
  return sound;
}

std::uint8_t byte_of(float sample) {
  return static_cast<std::uint8_t>(std::lround(127.5f * (1 + std::clamp(sample, -1.0f, 1.0f))));
}

/// Returns windows that contain a whole word, a part of a word, or no word. Windows with less than 3/4 of a word count
/// as empty.
mn::dataset<std::uint8_t> windows(int count, mn::seed seed) {
  mn::random random{seed};
  std::vector<std::uint8_t> samples;
  std::vector<int> labels;
  for (int n = 0; n < count; ++n) {
    std::vector<float> sound = noise(3 * window_samples, random);
    int first = random.below(3) == 0
                    ? random.below(window_samples)
                    : window_samples - random.below(window_samples - word_length + 1);  // start of the window
    const int word = random.below(nothing);
    say(word, sound, window_samples, random);
    // Less than 3/4 of a word is not recognizable, so such windows get the label `nothing`.
    const int heard = std::min(first + window_samples, window_samples + word_length) - std::max(first, window_samples);
    if (n % 6 == 0) first = 0;
    for (int i = first; i < first + window_samples; ++i) samples.push_back(byte_of(sound[static_cast<std::size_t>(i)]));
    labels.push_back(n % 6 == 0 || heard < word_length * 3 / 4 ? nothing : word);
  }
  return {listener::input::dimensions, std::move(samples), std::move(labels)};
}

int main() try {
  mn::network<listener, mn::ste> net{mn::seed{7}};
  mn::fit(net, windows(3000, mn::seed{1}), mn::adam{.rate = 5e-3f, .decay = mn::cosine_rate{.to = 0.01f}},
          mn::constant{1}, {.epochs = 8, .batch = 50});
  const auto network = mn::pack(net);
  std::printf("%s%.1f %% of new windows are right\n\n", mn::summary(network).c_str(),
              100 * mn::accuracy(network, windows(600, mn::seed{2})));

  // Synthesize a minute of sound with a word every two to three seconds.
  mn::random random{mn::seed{3}};
  std::vector<float> sound = noise(60 * rate, random);
  std::vector<int> said;
  for (int at = rate; at + 2 * rate < static_cast<int>(sound.size()); at += 2 * rate + random.below(rate)) {
    said.push_back(random.below(nothing));
    say(said.back(), sound, at, random);
  }

  // Run eight windows per second. A word counts as heard if two successive windows agree on it; then no word counts for
  // half a second.
  mn::session<mn::packed<listener>> session(network);
  std::vector<std::uint8_t> recording(sound.size());
  std::ranges::transform(sound, recording.begin(), byte_of);
  float logits[5];
  std::vector<int> heard;
  int last = nothing, quiet_until = 0;
  for (int at = 0; at + window_samples <= static_cast<int>(recording.size()); at += rate / 8) {
    session.run(std::span<const std::uint8_t>(recording).subspan(static_cast<std::size_t>(at), window_samples),
                std::span<float>(logits));
    const mn::prediction best = mn::top_k(logits, 1).front();
    if (best.label != nothing && best.label == last && at >= quiet_until) {
      std::printf("%5.2f s  %-6s %.2f\n", static_cast<double>(at) / rate, words[best.label],
                  static_cast<double>(best.probability));
      heard.push_back(best.label);
      quiet_until = at + rate / 2;
    }
    last = best.label;
  }
  std::printf("%zu words said, %zu heard%s\n", said.size(), heard.size(), heard == said ? ", the same ones" : "");
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "keywords: %s\n", e.what());
  return 1;
}
