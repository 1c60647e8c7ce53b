#pragma once

#include <algorithm>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <minnow/core/reduction.hpp>
#include <minnow/train/untyped_network.hpp>

namespace minnow {

/// The processes that share a run: what `fit` asks of them. `data_parallel` (fit/mpi.hpp) is the one that users have.
///
/// throws  every function but `failed`: where another rank has failed, or does not answer
class ranks : public reduction {
public:
  virtual ~ranks() = default;

  /// 0 … size - 1
  [[nodiscard]] virtual int rank() const noexcept = 0;
  [[nodiscard]] virtual int size() const noexcept = 0;
  /// Whether a batch's statistics are those of all ranks.
  [[nodiscard]] virtual bool synchronised_statistics() const noexcept = 0;
  /// Floats of gradients that are summed together.
  [[nodiscard]] virtual std::size_t bucket() const noexcept = 0;

  /// Rank 0's bytes to all.
  virtual void broadcast(std::span<std::byte> bytes) = 0;

  /// Room for all gradients. It belongs to the ranks, since sums may be under way when a run ends by an error.
  [[nodiscard]] virtual std::span<float> room(std::size_t floats) = 0;
  /// Begins to sum `count` floats of the room, and returns.
  virtual void start_sum(std::size_t first, std::size_t count) = 0;
  /// Lets sums that were begun go on.
  virtual void progress() = 0;
  /// Waits for all of them.
  virtual void finish() = 0;

  /// Tells the others that this one's run ends with an error; they end with the same.
  virtual void failed(const char* why) noexcept = 0;
};

namespace detail {

/// A network's gradients on their way to the sum over ranks: they are copied in the order in which the backward pass makes
/// them, and each bucket's sum begins when it is full, while earlier layers still go backward.
class gradient_sums {
public:
  gradient_sums(minnow::ranks& all, untyped_network& net) : all_(all) {
    std::size_t floats = 0;
    net.parameters([&](std::string_view, const parameter& p) { floats += p.gradient.size(); });
    room_ = all_.room(floats);
  }

  /// The gradient of a parameter is complete.
  void take(const parameter& p) {
    std::copy(p.gradient.begin(), p.gradient.end(), room_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += p.gradient.size();
    gradients_.push_back(p.gradient);
    for (const std::size_t bucket = std::max<std::size_t>(all_.bucket(), 1); filled_ - started_ >= bucket;
         started_ += bucket)
      all_.start_sum(started_, bucket);
    all_.progress();
  }

  /// The backward pass is done: begins the sum of the last bucket, which may be smaller.
  void take_rest() {
    if (filled_ > started_) all_.start_sum(started_, filled_ - started_);
  }

  /// Waits for the sums and puts them in the gradients' places.
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
  std::vector<std::span<float>> gradients_;  ///< of this step
  std::size_t filled_ = 0;
  std::size_t started_ = 0;
};

/// Numbers of a step and what was measured in it, agreed on by all ranks in one sum. Measured are batch norm's running
/// statistics and the quantizers' states. The rest are parameters, which are equal on all ranks as their gradients are;
/// learned states, though, begin with a measurement.
class step_agreement {
public:
  explicit step_agreement(untyped_network& net) {
    std::set<const float*> moved;
    net.parameters([&](std::string_view, const parameter& p) {
      if (p.name != "state") moved.insert(p.value.data());
    });
    net.arrays_under_way([&](std::string_view, std::string_view, std::span<float> values) {
      if (!moved.contains(values.data())) measured_.push_back(values);
    });
  }

  /// Sums `numbers`, and replaces what was measured by its mean. The mean of equal floats is that float.
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

}  // namespace detail

}  // namespace minnow
