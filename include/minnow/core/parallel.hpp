#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <type_traits>

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

namespace detail {

/// Runs items [first, last) of a body whose type only this function knows.
using range_runner = void (*)(void* body, int first, int last) noexcept;

/// The loop of parallel_for, compiled once for all bodies.
inline void share_range(int count, void* body, range_runner run) noexcept {
#ifdef _OPENMP
  const int team = std::min(threads(), count);
  if (team > 1 && !omp_in_parallel()) {
    // Handed out in pieces, not halves: a thread whose core is busy elsewhere then delays the others by one piece only.
    const int piece = std::max(1, count / (16 * team));
#pragma omp parallel for schedule(dynamic) num_threads(team)
    for (int p = 0; p < (count - 1) / piece + 1; ++p) run(body, p * piece, p * piece + std::min(piece, count - p * piece));
    return;
  }
#endif
  run(body, 0, count);
}

}  // namespace detail

/// Calls body(i) for i in [0, count): on several threads where the program is compiled with OpenMP, else in order.
///
/// requires  calls that are independent of each other: each writes its own outputs, none splits a sum by the number of
///           threads
/// nested    a call from inside a body runs serially, on the thread of that body
/// throws    never; an exception that leaves the body ends the program, with and without OpenMP alike
template <class Body>
void parallel_for(int count, Body&& body) noexcept {
  using type = std::remove_reference_t<Body>;
  detail::share_range(count, const_cast<std::remove_const_t<type>*>(std::addressof(body)), [](void* of, int first, int last) noexcept {
    type& own = *static_cast<type*>(of);
    for (int i = first; i < last; ++i) own(i);
  });
}

}  // namespace minnow
