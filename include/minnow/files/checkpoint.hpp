#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/train/network_base.hpp>

/// Files of unfinished training runs. Sections: the facts that identify a run, its position, the finished epochs, the
/// mean and the standard deviation of each image channel, every array of every layer with its values between two steps,
/// and the optimizer's moments of every parameter.
namespace minnow::detail {

/// A value that must be the same when a run resumes.
struct run_fact {
  const char* name;
  std::uint64_t value;
};

/// The parts of a run that a checkpoint stores.
struct run_parts {
  network_base& net;
  std::span<const run_fact> facts;
  std::span<double> position;
  std::vector<double>& epochs;  ///< holds `epoch_numbers` numbers for each finished epoch
  std::size_t epoch_numbers;
  std::size_t most_epochs;
  std::vector<std::vector<float>>& moments;  ///< one vector per parameter
  /// Returns true if moment n of a parameter is never negative; if empty, all moments may be negative.
  std::function<bool(int)> is_square{};
  int moment_count = 1;  ///< number of moments of each value of a parameter
  /// Refuses a position or finished epochs that no run can reach.
  std::function<status(std::span<const double> position, std::span<const double> epochs)> check{};
};

/// Writes the current state of a run, atomically. Refuses numbers of the network that `read_checkpoint` would refuse.
/// The moments are not checked here: each training step checks them, and visiting their parameters would mark the
/// weights as changed.
[[nodiscard]] status write_checkpoint(const char* path, run_parts run) noexcept;

/// Restores a run from its checkpoint. If the file is invalid or belongs to another run, only `run.epochs` changes: it
/// is cleared.
[[nodiscard]] status read_checkpoint(const char* path, run_parts run) noexcept;

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/checkpoint.ipp>
#endif
