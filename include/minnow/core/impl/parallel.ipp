#pragma once

#include <minnow/core/parallel.hpp>

#include <algorithm>
#include <atomic>

#ifdef _OPENMP
#include <omp.h>
#endif
// libgomp's threads do not exist in a forked process, and a parallel loop there would wait for them forever. clang's
// runtime instead starts new threads in a forked process.
#if defined(_OPENMP) && !defined(__clang__) && defined(__unix__)
#define MINNOW_SERIAL_AFTER_FORK
#include <pthread.h>
#endif

#include <minnow/core/error.hpp>
#include <minnow/core/impl/compiled.hpp>

namespace minnow {

namespace detail {

/// The number last passed to set_threads, limited to 0 … most_threads; 0 means the default.
inline std::atomic<int> requested_threads{0};

}  // namespace detail

MINNOW_INLINE void set_threads(int count) noexcept {
  detail::requested_threads.store((std::clamp)(count, 0, detail::most_threads));
}

MINNOW_INLINE int threads() noexcept {
#ifdef _OPENMP
  const int requested = detail::requested_threads.load();
  return requested > 0 ? requested : std::min(omp_get_max_threads(), detail::most_threads);
#else
  return 1;
#endif
}

namespace detail {

#ifdef MINNOW_SERIAL_AFTER_FORK
/// True in a process that was forked after its parent's first parallel loop.
inline std::atomic<bool> forked{false};

/// Returns true if loops may use several threads in this process. The first call registers a handler that makes the
/// function return false in forked processes.
MINNOW_INLINE bool may_share() noexcept {
  [[maybe_unused]] static const int arranged =
      pthread_atfork(nullptr, nullptr, [] { forked.store(true, std::memory_order_relaxed); });
  return !forked.load(std::memory_order_relaxed);
}
#else
constexpr bool may_share() noexcept { return true; }
#endif

MINNOW_INLINE void share_range(int count, void* body, range_runner run) {
#ifdef _OPENMP
  const int team = std::min(threads(), count);
  if (team > 1 && !omp_in_parallel() && may_share()) {
    // Hands out the items in small pieces rather than one block per thread: a thread on a core that is busy with other
    // work then delays the other threads by one piece at most.
    const int piece = std::max(1, count / (16 * team));
    // An exception must not leave a parallel region. It is rethrown to the caller after all threads have finished.
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

}  // namespace minnow

#undef MINNOW_SERIAL_AFTER_FORK
