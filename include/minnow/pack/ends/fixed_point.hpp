#pragma once

#include <utility>

#include <minnow/infer/ends/fixed_point.hpp>
#include <minnow/infer/ends/layer_constants.hpp>

namespace minnow::detail {

/// An epilogue in fixed point stores the layers unchanged, and computes its constants from them.
template <class Plan>
void pack_end(end_of<Plan, stage_end::fixed_point>& to, layer_constants<Plan>&& from) {
  static_cast<layer_constants<Plan>&>(to) = std::move(from);
  to.derive();
}

}  // namespace minnow::detail
