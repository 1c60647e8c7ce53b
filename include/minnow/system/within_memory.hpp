#pragma once

#include <minnow/core/error.hpp>
#include <minnow/system/function_ref.hpp>

namespace minnow::detail {

/// Runs `body`, which returns a status, and turns any exception into a failure that names the file. A reader therefore
/// stays noexcept and returns a failure when memory runs out.
[[nodiscard]] status within_memory(const char* name, function_ref<status()> body) noexcept;

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/within_memory.ipp>
#endif
