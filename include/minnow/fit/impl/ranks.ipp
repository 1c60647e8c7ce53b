#pragma once

#include <minnow/fit/ranks.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/train/network_base.hpp>

namespace minnow::detail {

/// Sums a network's gradients over ranks. Gradients are copied in the order in which the backward pass completes them,
/// and the sum of each bucket starts when the bucket is full, during the backward pass of earlier layers.
class gradient_sums {
public:
  gradient_sums(minnow::ranks& all, network_base& net) : all_(all) {
    std::size_t floats = 0;
    net.parameters([&](std::string_view, const parameter& p) { floats += p.gradient.size(); });
    room_ = all_.room(floats);
  }

  /// Adds a parameter whose gradient is complete.
  void take(const parameter& p) {
    std::copy(p.gradient.begin(), p.gradient.end(), room_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += p.gradient.size();
    gradients_.push_back(p.gradient);
    for (const std::size_t bucket = std::max<std::size_t>(all_.bucket(), 1); filled_ - started_ >= bucket;
         started_ += bucket)
      all_.start_sum(started_, bucket);
    all_.progress();
  }

  /// Starts the sum of the last bucket, which may be smaller. Called after the backward pass.
  void take_rest() {
    if (filled_ > started_) all_.start_sum(started_, filled_ - started_);
  }

  /// Waits for the sums and writes them to the gradients.
  void finish() {
    all_.finish();
    std::size_t at = 0;
    for (const std::span<float> g : gradients_) {
      std::copy_n(room_.begin() + static_cast<std::ptrdiff_t>(at), g.size(), g.begin());
      at += g.size();
    }
    filled_ = started_ = 0;
    gradients_.clear();
  }

private:
  minnow::ranks& all_;
  std::span<float> room_;
  std::vector<std::span<float>> gradients_;  ///< gradients of this step
  std::size_t filled_ = 0;
  std::size_t started_ = 0;
};

/// Makes a step's numbers and measurements equal on all ranks, with one all-reduce. The measurements are batch norm's
/// running statistics and the quantizers' states. The other arrays are parameters, which are equal on all ranks because
/// their gradients are. Learned quantizer states are parameters too, but they count as measurements here, because their
/// initial values are measured.
class step_agreement {
public:
  explicit step_agreement(network_base& net) {
    std::set<const float*> moved;
    net.parameters([&](std::string_view, const parameter& p) {
      if (p.name != "state") moved.insert(p.value.data());
    });
    net.checkpoint_arrays([&](std::string_view, std::string_view, std::span<float> values) {
      if (!moved.contains(values.data())) measured_.push_back(values);
    });
  }

  /// Sums `numbers` over all ranks, and replaces each measurement with its mean over the ranks. Measurements that are
  /// already equal on all ranks do not change.
  void agree(minnow::ranks& all, std::span<double> numbers) {
    values_.assign(numbers.begin(), numbers.end());
    for (const std::span<float> a : measured_) values_.insert(values_.end(), a.begin(), a.end());
    all.sum(values_);
    std::copy_n(values_.begin(), numbers.size(), numbers.begin());
    std::size_t at = numbers.size();
    for (const std::span<float> a : measured_)
      for (float& x : a) x = static_cast<float>(values_[at++] / all.size());
  }

private:
  std::vector<std::span<float>> measured_;
  std::vector<double> values_;
};

}  // namespace minnow::detail
