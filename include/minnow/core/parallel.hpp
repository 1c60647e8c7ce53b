#pragma once

#include <algorithm>
#include <atomic>
#include <utility>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace minnow {

namespace detail {

/// What set_threads was last given; 0 for the default.
inline std::atomic<int> requested_threads{0};

}  // namespace detail

/// How many threads parallel_for may use from now on; values below 1 mean OpenMP's default (OMP_NUM_THREADS, or all
/// cores).
inline void set_threads(int count) noexcept { detail::requested_threads.store(std::max(count, 0)); }

/// The threads that parallel_for may use: 1 in a program compiled without OpenMP.
[[nodiscard]] inline int threads() noexcept {
#ifdef _OPENMP
  const int requested = detail::requested_threads.load();
  return requested > 0 ? requested : omp_get_max_threads();
#else
  return 1;
#endif
}

/// Calls body(i) for i in [0, count): on several threads where the program is compiled with OpenMP, else in order.
///
/// requires  calls that are independent of each other: each writes its own outputs, none splits a sum by the number of
/// threads nested    a call from inside a body runs serially, on the thread of that body throws    never; an exception
/// that leaves the body ends the program, with and without OpenMP alike
template <class Body>
void parallel_for(int count, Body&& body) noexcept {
#ifdef _OPENMP
  const int team = std::min(threads(), count);
  if (team > 1 && !omp_in_parallel()) {
    // Handed out in pieces, not halves: a thread whose core is busy elsewhere then delays the others by one piece only.
    const int piece = std::max(1, count / (16 * team));
#pragma omp parallel for schedule(dynamic, piece) num_threads(team)
    for (int i = 0; i < count; ++i) body(i);
    return;
  }
#endif
  for (int i = 0; i < count; ++i) body(i);
}

}  // namespace minnow
