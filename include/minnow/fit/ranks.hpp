#pragma once

#include <cstddef>
#include <span>

#include <minnow/core/reduction.hpp>

namespace minnow {

/// Interface through which `fit` communicates with the processes (ranks) that share a run. `data_parallel`
/// (fit/mpi.hpp) implements it with MPI.
///
/// throws  if another rank has failed or does not answer; `failed` never throws
class ranks : public reduction {
public:
  virtual ~ranks() = default;

  /// Number of this rank, 0 … size - 1.
  [[nodiscard]] virtual int rank() const noexcept = 0;
  [[nodiscard]] virtual int size() const noexcept = 0;
  /// Returns true if batch statistics are taken over all ranks.
  [[nodiscard]] virtual bool synchronized_statistics() const noexcept = 0;
  /// Number of gradient floats in one all-reduce.
  [[nodiscard]] virtual std::size_t bucket() const noexcept = 0;

  /// Copies rank 0's bytes to all ranks.
  virtual void broadcast(std::span<std::byte> bytes) = 0;

  /// Memory for `floats` gradient values. This object owns the memory, because sums may be pending when a run ends with
  /// an error.
  [[nodiscard]] virtual std::span<float> room(std::size_t floats) = 0;
  /// Starts to sum `count` floats of `room`, from index `first`, over all ranks, and returns without waiting.
  virtual void start_sum(std::size_t first, std::size_t count) = 0;
  /// Lets pending sums make progress.
  virtual void progress() = 0;
  /// Waits for all pending sums.
  virtual void finish() = 0;

  /// Tells the other ranks that this rank's run ends with an error; they end with the same error.
  virtual void failed(const char* why) noexcept = 0;
};

}  // namespace minnow
