#pragma once

// The run whose checkpoints are fuzzed: the facts that identify it, and the sizes of its sections.

#include <cstddef>

#include <minnow/fit/fit.hpp>

#include "file_models.hpp"

namespace fuzz {

inline constexpr minnow::detail::run_fact facts[] = {{"seed", 1}, {"batch", 8}};
inline constexpr std::size_t position_numbers = 6, epoch_numbers = 9, most_epochs = 4;

}  // namespace fuzz
