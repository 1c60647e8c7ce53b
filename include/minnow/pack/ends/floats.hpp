#pragma once

#include <utility>

#include <minnow/infer/ends/floats.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/infer/ends/requantize.hpp>

/// The epilogues of a stage (see infer/ends/end.hpp) that compute with floats store the layers unchanged.
namespace minnow::detail {

template <class Plan>
void pack_end(end_of<Plan, stage_end::requantize>& to, layer_constants<Plan>&& from) {
  static_cast<layer_constants<Plan>&>(to) = std::move(from);
}

template <class Plan>
void pack_end(end_of<Plan, stage_end::floats>& to, layer_constants<Plan>&& from) {
  static_cast<layer_constants<Plan>&>(to) = std::move(from);
}

}  // namespace minnow::detail
