#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/core/shape.hpp>
#include <minnow/infer/ends/average.hpp>
#include <minnow/infer/ends/end.hpp>
#include <minnow/infer/ends/sums.hpp>
#include <minnow/infer/stage_plan.hpp>
#include <minnow/infer/thresholds.hpp>
#include <minnow/kernels/region.hpp>
#include <minnow/kernels/sink/sink.hpp>

namespace minnow::detail {

/// The end of a stage whose layers are folded into integer thresholds. The kernel compares the sums of a finished tile
/// with the thresholds while the sums are in registers.
template <class Plan>
struct end_of<Plan, stage_end::thresholds> : stored_zero<typename Plan::outputs> {
  thresholds limits{Plan::window.out.channels, static_cast<int>(codes_of<typename Plan::outputs>().size())};

  static constexpr const char* layer_word = "in thresholds";
  static constexpr const char* quantizer_word = "thresholds";

  static constexpr stage_memory memory() {
    stage_memory m;
    // Sums stay in registers, with two exceptions: one row is stored for a `trace`, and the rows of a window are stored
    // for an average pool.
    m.sums = sum_bytes<Plan>(Plan::folded_average ? Plan::pool_window.kernel.height : 1);
    m.waiting = code_sink_of<Plan>::waiting_words(Plan::pool_window) * 4;
    return m;
  }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit(Plan::begin, std::string_view("flip"), std::span(self.limits.flip));
    visit(Plan::begin, std::string_view("smallest"), std::span(self.limits.smallest));
    visit(Plan::begin, std::string_view("thresholds"), std::span(self.limits.values));
    end_of::visit_zero(self, Plan::end - 1, visit);
  }

  template <class Refuse>
  void check(Refuse&& refuse) const {
    const auto masks = [](const std::vector<std::int32_t>& all) {
      return std::ranges::all_of(all, [](std::int32_t n) { return n == 0 || n == -1; });
    };
    if (!masks(limits.flip)) refuse("0 or -1", "flip", "another number");
    if (!masks(limits.smallest)) refuse("0 or -1", "smallest", "another number");
    this->check_zero(refuse);
  }

  template <class Product, class Arch>
  void run(const stage_run<Plan>& r) const noexcept {
    // An average pool adds up the sums of each window before the comparison, so the sink does not pool.
    constexpr geometry pool =
        Plan::folded_average ? window_over(Plan::pool_window.out, Plan::window.out.channels, {1, 1}, {1, 1}, {0, 0})
                             : Plan::pool_window;
    const code_sink_of<Plan> codes{limits.rows(), pool, r.output, r.waiting};
    if (r.work.watcher != nullptr) watch<Product>(r.work);
    if constexpr (Plan::folded_average) average<Product>(r.work, codes);
    else multiply_into<Product>(r.work, codes);
  }
};

}  // namespace minnow::detail
