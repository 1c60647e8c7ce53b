#pragma once

// Runs packed networks, the form of trained networks for inference. Includes `packed`, `session` and the descriptions
// of models (minnow/model.hpp). Needs xsimd, but not xtensor, exceptions or run-time type information.
#include <minnow/core/classify.hpp>
#include <minnow/files/any_model.hpp>
#include <minnow/files/mapped_file.hpp>
#include <minnow/files/model_file.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/infer/session.hpp>
#include <minnow/infer/summary.hpp>
#include <minnow/model.hpp>
