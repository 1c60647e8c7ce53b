#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <type_traits>

#include <minnow/core/error.hpp>

#ifdef _OPENMP
#include <omp.h>
#endif
// libgomp's threads do not exist in a forked process, which then waits for them forever. clang's runtime starts new
// threads in a forked process.
#if defined(_OPENMP) && !defined(__clang__) && defined(__unix__)
#define MINNOW_SERIAL_AFTER_FORK
#include <pthread.h>
#endif

namespace minnow {

namespace detail {

/// The number last passed to set_threads, limited to 0 … most_threads; 0 means the default.
inline std::atomic<int> requested_threads{0};

/// Upper limit of the number of threads, more than any machine runs at once. Above it the system may refuse to create
/// threads, which ends the program.
inline constexpr int most_threads = 1024;

}  // namespace detail

/// Sets how many threads later calls of parallel_for may use. Values below 1 mean OpenMP's default (OMP_NUM_THREADS, or
/// all cores); values above 1024 mean 1024. A shared library compiled with -fvisibility=hidden has its own setting:
/// call set_threads there, too.
inline void set_threads(int count) noexcept {
  detail::requested_threads.store((std::clamp)(count, 0, detail::most_threads));
}

/// The number of threads that parallel_for may use. It is 1 in a program compiled without OpenMP.
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
/// True in a process that was forked after its parent's first parallel loop.
inline std::atomic<bool> forked{false};

/// Returns true if loops may use several threads in this process. The first call registers a handler, after which the
/// function returns false in forked processes.
inline bool may_share() noexcept {
  [[maybe_unused]] static const int arranged =
      pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });
  return !forked.load(std::memory_order_relaxed);
}
#else
constexpr bool may_share() noexcept { return true; }
#endif

/// The loop of parallel_for. It is compiled only once, for all bodies.
inline void share_range(int count, void* body, range_runner run) {
#ifdef _OPENMP
  const int team = std::min(threads(), count);
  if (team > 1 && !omp_in_parallel() && may_share()) {
    // Hands out the items in small pieces rather than one block per thread: a thread on a core that is busy with other
    // work then delays the others by one piece at most.
    const int piece = std::max(1, count / (16 * team));
    // An exception must not leave a parallel region. The caller gets it after all threads have finished.
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

/// Calls body(i) for each i in [0, count): on several threads if the program is compiled with OpenMP, else in order.
///
/// requires  calls that are independent of each other: each writes its own outputs, and no sum is split by the number
///           of threads
/// nested    a call from inside a body runs serially on the thread of that body
/// count     no calls if it is below 1
/// fork      with libgomp, a process that is forked after a parallel loop runs serially, because libgomp's threads do
///           not exist there
/// throws    the exception that the body throws, or the first one of several threads; calls that have not started are
///           skipped
template <class Body>
void parallel_for(int count, Body&& body) {
  struct loop {
    Body& body;
  } of{body};
  detail::share_range(count, &of, [](void* self, int first, int last) {
    auto& own = static_cast<loop*>(self)->body;
    for (int i = first; i < last; ++i) own(i);
  });
}

}  // namespace minnow

#undef MINNOW_SERIAL_AFTER_FORK
