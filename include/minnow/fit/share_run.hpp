#pragma once

#include <vector>

#include <minnow/fit/history.hpp>
#include <minnow/fit/ranks.hpp>
#include <minnow/fit/update.hpp>

namespace minnow::detail {

struct run_fact;

/// Copies the state of rank 0 to all ranks: the position in the run, the network, the optimizer's moments.
void share_run(ranks& all, network_base& net, updater_base& update, run_position& at);

/// Checks that the ranks can share a run.
///
/// throws  on all ranks, if they do not work on the same run or a batch has fewer images than there are ranks
void check_ranks(ranks& all, const network_base& net, std::vector<run_fact> facts, int images, int batch);

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/fit/impl/share_run.ipp>
#endif
