#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <minnow/core/index.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/ends/float_maps.hpp>
#include <minnow/infer/ends/layer_constants.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/layers/layer.hpp>
#include <minnow/quantize/real.hpp>

namespace minnow::detail {

/// Layers of packed networks read one map and write another one.
template <class Layer>
using never_in_place = std::false_type;

/// The end of a stage that stores all sums of its product. Each layer, and then the quantizer, is applied to a whole
/// map of floats.
template <class Plan>
struct end_of<Plan, stage_end::floats> : layer_constants<Plan> {
  static constexpr stage_memory memory() { return float_map_memory<Plan, never_in_place>(); }

  template <class Product, class Arch>
  void run(const stage_run<Plan>& r) const {
    const float* from = r.floats[0];
    if constexpr (Plan::has_product) multiply<Product>(r.work, this->scales.data(), r.floats[0]);
    else
      from = values<typename Plan::inputs>(r.work.operands.inputs, Plan::in, this->scales[0], r.work.operands.zero,
                                           r.floats[0]);
    from = run_layers<never_in_place>(
        r, from, [&](auto i, const float* in, [[maybe_unused]] const float* other, float* out) {
          const auto& reading = static_cast<const layer_reading<Plan, i>&>(*this).function;
          if constexpr (join_layer<typename Plan::template op<i>>) reading.run(in, other, out);
          else reading.run(in, out);
        });
    encode<typename Plan::outputs>(from, this->out_state, r.output, Plan::out);
  }
};

}  // namespace minnow::detail
