#pragma once

#include <string>
#include <string_view>

namespace minnow::detail {

/// Quotes text from a file for an error message: at most 80 bytes, whole characters, no terminal control characters.
std::string in_quotes(std::string_view words);

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/quoted.ipp>
#endif
