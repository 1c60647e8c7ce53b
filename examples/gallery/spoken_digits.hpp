#pragma once

// Reads the Free Spoken Digit Dataset and turns each recording into an image: 40 frames of 32 logarithmic mel bands.

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/random.hpp>
#include <minnow/data/dataset.hpp>

namespace gallery::spoken {

namespace fs = std::filesystem;

inline constexpr int rate = 8000;  ///< samples per second
inline constexpr int frames = 40, bands = 32;
inline constexpr int frame_samples = 256;  ///< 32 ms

/// Random changes of a recording. Each changes the voice or the recording, but not the word.
struct variation {
  double pitch = 1;      ///< factor of all frequencies in the mel filters
  double cut_begin = 0;  ///< part of the recording that is cut off at its begin; below 0: silence is added
  double cut_end = 0;
  double tilt =
      5;  ///< decibels that are added at the highest band, where voices are weak, and subtracted at the lowest
  double noise = 0;  ///< amplitude of white noise, relative to the loudest sample

  static variation draw(minnow::random& r) {
    const auto between = [&](double low, double high) { return low + (high - low) * static_cast<double>(r.uniform()); };
    variation v;
    v.pitch = std::exp2(between(-0.35, 0.35));
    v.cut_begin = between(-0.12, 0.08);
    v.cut_end = between(-0.12, 0.12);
    v.tilt = between(-3, 13);
    v.noise = std::pow(10, between(-4, -1.7));
    return v;
  }
};

/// Reads the samples of a mono WAV file of 8,000 samples per second and 16 bits, scaled so that the largest is 1.
///
/// throws  a file of another kind
inline std::vector<double> load_wav(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto number = [&](std::size_t at, int count) {
    std::uint32_t n = 0;
    for (int i = count - 1; i >= 0; --i)
      n = n << 8 | static_cast<std::uint8_t>(bytes[at + static_cast<std::size_t>(i)]);
    return n;
  };
  const auto tag = [&](std::size_t at) { return std::string_view(bytes.data() + at, 4); };
  if (bytes.size() < 12 || tag(0) != "RIFF" || tag(8) != "WAVE")
    throw std::runtime_error(path.string() + ": expected a WAV file, found another one");
  bool fits = false;
  for (std::size_t at = 12; at + 8 <= bytes.size(); at += 8 + number(at + 4, 4) + number(at + 4, 4) % 2) {
    const std::size_t size = std::min<std::size_t>(number(at + 4, 4), bytes.size() - at - 8);
    if (tag(at) == "fmt " && size >= 16)
      fits =
          number(at + 8, 2) == 1 && number(at + 10, 2) == 1 && number(at + 12, 4) == rate && number(at + 22, 2) == 16;
    if (tag(at) != "data" || !fits) continue;
    std::vector<double> samples(size / 2);
    double largest = 1;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      samples[i] = static_cast<std::int16_t>(number(at + 8 + 2 * i, 2));
      largest = std::max(largest, std::abs(samples[i]));
    }
    for (double& s : samples) s /= largest;
    return samples;
  }
  throw std::runtime_error(path.string() + ": expected 16-bit samples of one channel, 8,000 per second, found none");
}

/// Computes the discrete Fourier transform of 2^k <= frame_samples numbers (Cooley & Tukey 1965).
///
/// from   every `step`-th number is transformed
inline void transform(const double* from, int step, std::span<std::complex<double>> to) {
  static const auto turn = [] {
    std::array<std::complex<double>, frame_samples> result;
    for (int i = 0; i < frame_samples; ++i)
      result[static_cast<std::size_t>(i)] = std::polar(1.0, -2 * std::numbers::pi * i / frame_samples);
    return result;
  }();
  const std::size_t half = to.size() / 2;
  if (half == 0) {
    to[0] = *from;
    return;
  }
  transform(from, 2 * step, to.first(half));
  transform(from + step, 2 * step, to.last(half));
  for (std::size_t i = 0; i < half; ++i) {
    const auto even = to[i], odd = to[i + half] * turn[i * turn.size() / to.size()];
    to[i] = even + odd;
    to[i + half] = even - odd;
  }
}

/// Weights of the frequencies of a spectrum in each mel band: triangles that begin at the peak of the band below and
/// end at the peak of the band above.
///
/// pitch   factor of all frequencies
inline std::vector<std::array<double, frame_samples / 2>> mel_filters(double pitch) {
  const auto mel = [](double hertz) { return 1127 * std::log(1 + hertz / 700); };
  const double low = mel(100), high = mel(3800);
  const auto edge = [&](int b) { return 700 * (std::exp((low + (high - low) * b / (bands + 1)) / 1127) - 1); };
  std::vector<std::array<double, frame_samples / 2>> result(bands);
  for (int b = 0; b < bands; ++b)
    for (int k = 0; k < frame_samples / 2; ++k) {
      const double hertz = pitch * k * rate / frame_samples;
      const double rise = (hertz - edge(b)) / (edge(b + 1) - edge(b));
      const double fall = (edge(b + 2) - hertz) / (edge(b + 2) - edge(b + 1));
      result[static_cast<std::size_t>(b)][static_cast<std::size_t>(k)] = std::max(0.0, std::min(rise, fall));
    }
  return result;
}

/// Appends the image of a recording: 40 frames at equal distances from its begin to its end, so that slow and fast
/// speakers give similar images. A byte is the logarithm of a band's energy: 255 is the largest energy of the recording,
/// 0 is 40 decibels less.
inline void append_image(std::vector<double> samples, const variation& how, minnow::random& draws,
                         std::vector<std::uint8_t>& to) {
  const auto filters = mel_filters(how.pitch);
  if (how.noise > 0)
    for (double& s : samples) s += how.noise * static_cast<double>(draws.uniform(-1, 1));
  const double size = static_cast<double>(samples.size());
  const double first = how.cut_begin * size;
  const double step = (size * (1 - how.cut_begin - how.cut_end) - frame_samples) / (frames - 1);
  std::array<double, frames * bands> decibels{};
  std::array<double, frame_samples> frame{};
  std::array<std::complex<double>, frame_samples> spectrum{};
  for (int f = 0; f < frames; ++f) {
    const auto begin = static_cast<std::ptrdiff_t>(std::lround(first + f * step));
    for (int i = 0; i < frame_samples; ++i) {
      const std::ptrdiff_t at = begin + i;
      const bool inside = 0 <= at && at < static_cast<std::ptrdiff_t>(samples.size());
      const double window = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * (i + 0.5) / frame_samples);
      frame[static_cast<std::size_t>(i)] = inside ? window * samples[static_cast<std::size_t>(at)] : 0;
    }
    transform(frame.data(), 1, spectrum);
    for (std::size_t b = 0; b < filters.size(); ++b) {
      double energy = 1e-6;
      for (std::size_t k = 0; k < filters[b].size(); ++k) energy += filters[b][k] * std::norm(spectrum[k]);
      decibels[static_cast<std::size_t>(f) * bands + b] =
          10 * std::log10(energy) + how.tilt * (2 * static_cast<double>(b) / (bands - 1) - 1);
    }
  }
  const double loudest = *std::max_element(decibels.begin(), decibels.end());
  for (const double d : decibels)
    to.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(255 * (1 + (d - loudest) / 40), 0.0, 255.0))));
}

/// Reads the recordings of some speakers in DIGIT_SPEAKER_INDEX.wav files.
///
/// folder   with the files, or with a folder `recordings`
/// copies   number of images of each recording. The first is of the recording itself, all others of random variations
inline minnow::dataset<std::uint8_t> load(fs::path folder, std::span<const std::string_view> speakers, int copies = 1) {
  if (fs::exists(folder / "recordings")) folder /= "recordings";
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(folder)) {
    const std::string name = file.path().stem().string();
    if (file.path().extension() != ".wav" || name.size() < 4) continue;
    const std::string speaker = name.substr(2, name.rfind('_') - 2);
    if (std::find(speakers.begin(), speakers.end(), speaker) != speakers.end()) files.push_back(file.path());
  }
  if (files.empty())
    throw std::runtime_error(folder.string() + ": expected recordings DIGIT_SPEAKER_INDEX.wav, found none");
  std::sort(files.begin(), files.end());
  minnow::dataset<std::uint8_t> data;
  data.dimensions = {frames, bands, 1};
  minnow::random draws{minnow::seed{1}};
  for (const fs::path& file : files) {
    const std::vector<double> samples = load_wav(file);
    for (int c = 0; c < copies; ++c) {
      append_image(samples, c == 0 ? variation{} : variation::draw(draws), draws, data.images);
      data.labels.push_back(file.filename().string().front() - '0');
    }
  }
  return data;
}

/// The split by speakers, so that no voice is in two parts.
inline constexpr std::string_view of_training[] = {"george", "jackson", "nicolas"};
inline constexpr std::string_view of_validation[] = {"lucas"};
inline constexpr std::string_view of_test[] = {"theo", "yweweler"};

}  // namespace gallery::spoken
