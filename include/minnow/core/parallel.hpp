#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <type_traits>

#include <minnow/core/error.hpp>

#ifdef _OPENMP
#include <omp.h>
#endif
// libgomp's threads do not exist in a forked process, which waits for them forever; clang's runtime begins anew there.
#if defined(_OPENMP) && !defined(__clang__) && defined(__unix__)
#define MINNOW_SERIAL_AFTER_FORK
#include <pthread.h>
#endif

namespace minnow {

namespace detail {

/// What set_threads was last given; 0 for the default.
inline std::atomic<int> requested_threads{0};

/// More threads than any machine runs at once: with more the system may refuse them, which ends the program.
inline constexpr int most_threads = 1024;

}  // namespace detail

/// How many threads parallel_for may use from now on; values below 1 mean OpenMP's default (OMP_NUM_THREADS, or all
/// cores), values above 1024 mean 1024. A shared library that is compiled with -fvisibility=hidden has a number of its own: call
/// it there too.
inline void set_threads(int count) noexcept {
  detail::requested_threads.store((std::clamp)(count, 0, detail::most_threads));
}

/// The threads that parallel_for may use: 1 in a program compiled without OpenMP.
[[nodiscard]] inline int threads() noexcept {
#ifdef _OPENMP
  const int requested = detail::requested_threads.load();
  return requested > 0 ? requested : std::min(omp_get_max_threads(), detail::most_threads);
#else
  return 1;
#endif
}

namespace detail {

/// Runs items [first, last) of a body whose type only this function knows.
using range_runner = void (*)(void* body, int first, int last);

#ifdef MINNOW_SERIAL_AFTER_FORK
/// Set in a process that was forked after its parent's first parallel loop.
inline std::atomic<bool> forked{false};

/// Whether loops may have several threads here. The first call arranges that a forked process learns of it.
inline bool may_share() noexcept {
  [[maybe_unused]] static const int arranged =
      pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });
  return !forked.load(std::memory_order_relaxed);
}
#else
constexpr bool may_share() noexcept { return true; }
#endif

/// The loop of parallel_for, compiled once for all bodies.
inline void share_range(int count, void* body, range_runner run) {
#ifdef _OPENMP
  const int team = std::min(threads(), count);
  if (team > 1 && !omp_in_parallel() && may_share()) {
    // Handed out in pieces, not halves: a thread whose core is busy elsewhere then delays the others by one piece only.
    const int piece = std::max(1, count / (16 * team));
    // An exception must not leave a parallel region: the caller gets it when all threads are done.
    first_exception failure;
#pragma omp parallel for schedule(dynamic) num_threads(team)
    for (int p = 0; p < (count - 1) / piece + 1; ++p)
      if (!failure.caught())
        failure.keep([&] { run(body, p * piece, p * piece + std::min(piece, count - p * piece)); });
    failure.pass_on();
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
/// count     none where it is below 1
/// fork      a process that is forked after a parallel loop runs serially with libgomp, whose threads are not there
/// throws    what the body throws, the first of several threads' exceptions; calls that were not begun are left out
template <class Body>
void parallel_for(int count, Body&& body) {
  using type = std::remove_reference_t<Body>;
  detail::share_range(count, const_cast<std::remove_const_t<type>*>(std::addressof(body)),
                      [](void* of, int first, int last) {
                        type& own = *static_cast<type*>(of);
                        for (int i = first; i < last; ++i) own(i);
                      });
}

}  // namespace minnow

#undef MINNOW_SERIAL_AFTER_FORK
