#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include <minnow/core/table.hpp>
#include <minnow/firmware/export_header.hpp>
#include <minnow/firmware/plan.hpp>
#include <minnow/infer/packed.hpp>
#include <minnow/infer/run_plan.hpp>

namespace minnow {

namespace detail {

/// Bytes of the buffers of a stage, without its maps.
constexpr std::size_t buffer_bytes(const stage_memory& m) noexcept {
  const std::size_t product = m.sums + m.waiting + m.scratch, ops = m.floats[1] + m.floats[2];
  return m.floats[0] + (product > ops ? product : ops);
}

}  // namespace detail

/// Returns the memory plan of a packed network on a device as a table. For each stage, a group of layers that run
/// together, it lists the bytes of the output map and their offset in the memory of a run, the bytes of the other
/// buffers, which the stage needs only while it runs, the bytes of constants in read-only memory, and the
/// multiply-accumulates. The last line has the sums that `firmware<Model, Data>` states as `ram_bytes` and
/// `flash_bytes`.
template <class Model, class Arch>
[[nodiscard]] std::string firmware_summary(const packed<Model, Arch>& network) {
  using plan = detail::firmware_plan<Model>;
  static_assert(plan::sound);
  constexpr std::size_t count = plan::stages;
  detail::table table(1);
  table.add({"stage", "map bytes", "at", "buffers", "constants", "MACs"});
  const auto number = [](auto n) { return detail::with_commas(static_cast<long long>(n)); };
  if (plan::needs.maps[count] > 0)
    table.add({"the image", number(plan::needs.maps[count]), number(plan::places.maps[count]), "", "", ""});
  std::size_t constants = 0;
  long long macs = 0;
  network.each_stage([&](auto s, const auto&) {
    using p = typename plan::template stage<s>;
    const std::size_t bytes = detail::arrays_on_device<s>(network).bytes();
    const long long own = p::has_product ? p::window.macs() : 0;
    const bool is_last = s + 1 == count;
    constants += bytes;
    macs += own;
    table.add({std::string(plan::layer_graph::paths[p::begin].view()), is_last ? "logits" : number(plan::needs.maps[s]),
               is_last ? "" : number(plan::places.maps[s]), number(detail::buffer_bytes(plan::needs.memory[s])),
               number(bytes), number(own)});
  });
  table.add({"sum", "", "", "", number(constants), number(macs)});
  return table.print() + "memory of a run " + number(plan::places.size) + " bytes, constants " + number(constants) +
         " bytes\n";
}

}  // namespace minnow
