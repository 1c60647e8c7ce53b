#pragma once

// The path of 0.1, which 0.3 will no longer have.
#include <minnow/fit/reestimate_batch_norm.hpp>
