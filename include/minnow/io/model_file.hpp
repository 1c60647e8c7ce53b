#pragma once

// The path of 0.1, which 0.3 will no longer have.
#include <minnow/files/any_model.hpp>
