#pragma once

#include <cstddef>
#include <span>

#include <minnow/core/error.hpp>
#include <minnow/files/file_section.hpp>
#include <minnow/train/network_base.hpp>

namespace minnow::detail {

/// Checks the quantizers' states in a file against the bounds of the quantizers. The lengths in the file must have been
/// checked before. Leaves the network unchanged.
///
/// sections   spans into the network's arrays, in the file's order
status check_states(std::span<const std::byte> file, const char* name, std::span<const file_section> sections,
                    std::span<const std::size_t> offsets, network_base& net);

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/check_states.ipp>
#endif
