#pragma once

#include <minnow/infer/packed_model.hpp>
#include <minnow/infer/session.hpp>  // packed::run creates a session
