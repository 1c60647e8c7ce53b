#pragma once

// Replaces the header that minnow_dispatch(digits_network …) generates.

#include <string>

#include <minnow/dispatch.hpp>

namespace digits_network {
minnow::dispatched load(const std::string& path);
}
