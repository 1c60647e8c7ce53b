#pragma once

// Records how close the second convolution's weights and inputs are to their quantizers' levels, epoch by epoch.

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../experiment.hpp"

/// A model that defines the layers before its second convolution (`front`) and the path of that convolution (`second`).
template <class Model>
concept has_second_conv = requires {
  typename Model::front;
  Model::second;
};

/// Counts the numbers that are within 0.01 of one of a quantizer's levels, and keeps a histogram over [-1, 1].
class nearness {
public:
  static constexpr int bins = 101;

  template <class Q>
  void add(float x) {
    near_ += std::abs(x - mn::quantized<Q>(x, typename Q::state{})) <= 0.01f;
    ++all_;
    const float in_range = std::min(std::max(x, -1.0f), 1.0f);
    ++counts_[static_cast<std::size_t>(std::lround((in_range + 1) * (bins - 1) / 2))];
  }
  [[nodiscard]] double share() const noexcept { return static_cast<double>(near_) / static_cast<double>(all_); }
  void print(std::ostream& out, const std::string& row, int seed, int epoch, const char* kind) const {
    for (int b = 0; b < bins; ++b)
      out << row << ',' << seed << ',' << epoch << ',' << kind << ',' << 2.0 * b / (bins - 1) - 1 << ','
          << counts_[static_cast<std::size_t>(b)] << '\n';
  }

private:
  long long near_ = 0;
  long long all_ = 0;
  std::array<long long, bins> counts_{};
};

inline std::ofstream opened(const fs::path& file, const char* head) {
  const bool fresh = !fs::exists(file);
  std::ofstream out(file, std::ios::app);
  if (fresh) out << head << '\n';
  return out;
}

/// Appends to levels.csv and histograms.csv how close weights and inputs are to their quantizers' levels at the end of
/// an epoch. Measures the latent (unquantized) weights, the weights blended with their quantized values by alpha, and,
/// for 100 images, the clipped inputs and the blended inputs.
///
/// histograms   epochs whose histograms are kept, besides the last; empty: all epochs
template <class Model, class W, class I>
void keep_levels(const fs::path& folder, const std::string& row, int seed, const mn::event& e,
                 mn::network<Model, W, I>& net, const images& test, const std::vector<int>& histograms) {
  using weights = typename Model::scheme::weights;
  using inputs = typename Model::scheme::inputs;
  static_assert(mn::state_floats<weights> == 0 && mn::state_floats<inputs> == 0,
                "only quantizers without a state have fixed levels");

  nearness latent, blended_weights, clipped, blended_inputs;
  const auto blend = [&](auto q, float x, float share) {
    return share * mn::quantized<decltype(q)>(x, {}) + (1 - share) * x;
  };
  for (const float w : net.template layer<Model::second>().weights()) {
    latent.add<weights>(w);
    blended_weights.add<weights>(blend(weights{}, w, W::quantized_fraction(e.alpha)));
  }

  mn::network<typename Model::front, W, I> front;
  front.normalize(net.input_normalization());
  std::map<std::pair<std::string, std::string>, std::span<float>> from;
  net.checkpoint_arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
    from[{std::string(path), std::string(name)}] = values;
  });
  front.checkpoint_arrays([&](std::string_view path, std::string_view name, std::span<float> values) {
    const auto source = from.at({std::string(path), std::string(name)});
    std::copy(source.begin(), source.end(), values.begin());
  });
  for (const float a : mn::logits(front, test.part(0, std::min(test.size(), 100)), e.alpha)) {
    const float x = std::min(std::max(a, -1.0f), 1.0f);
    clipped.add<inputs>(x);
    blended_inputs.add<inputs>(blend(inputs{}, x, I::quantized_fraction(e.alpha)));
  }

  opened(folder / "levels.csv", "row,seed,epoch,alpha,latent_weights,blended_weights,clipped_inputs,blended_inputs")
      << row << ',' << seed << ',' << e.epoch << ',' << e.alpha << ',' << latent.share() << ','
      << blended_weights.share() << ',' << clipped.share() << ',' << blended_inputs.share() << '\n';
  if (!histograms.empty() && e.epoch != e.epochs &&
      std::find(histograms.begin(), histograms.end(), e.epoch) == histograms.end())
    return;
  auto histogram = opened(folder / "histograms.csv", "row,seed,epoch,kind,value,count");
  latent.print(histogram, row, seed, e.epoch, "latent_weights");
  blended_weights.print(histogram, row, seed, e.epoch, "blended_weights");
  clipped.print(histogram, row, seed, e.epoch, "clipped_inputs");
  blended_inputs.print(histogram, row, seed, e.epoch, "blended_inputs");
}
