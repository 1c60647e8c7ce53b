#pragma once

namespace minnow {

// In this file, "with OpenMP" means that the program is compiled with OpenMP. If MINNOW_COMPILED is defined, it means
// that the sources of minnow/compiled are compiled with OpenMP.

namespace detail {

/// Upper limit of the number of threads. With more threads, the system may refuse to create them, which ends the
/// program.
inline constexpr int most_threads = 1024;

}  // namespace detail

/// Sets how many threads later calls of parallel_for may use. Values below 1 mean OpenMP's default (OMP_NUM_THREADS, or
/// all cores); values above 1024 mean 1024. A shared library compiled with -fvisibility=hidden has its own setting:
/// call set_threads there, too.
void set_threads(int count) noexcept;

/// The number of threads that parallel_for may use. It is 1 without OpenMP.
[[nodiscard]] int threads() noexcept;

namespace detail {

/// Calls a type-erased loop body for the items [first, last).
using range_runner = void (*)(void* body, int first, int last);

/// Implements parallel_for. It is compiled only once, for all bodies.
void share_range(int count, void* body, range_runner run);

}  // namespace detail

/// Calls body(i) for each i in [0, count): on several threads with OpenMP, else one call after another, from i = 0 up.
///
/// requires  calls that are independent of each other: each writes its own outputs, and no sum depends on the number of
///           threads
/// nested    a call from inside a body runs serially on the thread of that body
/// count     no calls if it is below 1
/// fork      with libgomp, a process that is forked after a parallel loop runs serially, because libgomp's threads do
///           not exist there
/// throws    the exception that the body throws; if several threads throw, the first exception. Calls that have not
///           started are then skipped
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

#if !defined(MINNOW_COMPILED)
#include <minnow/core/impl/parallel.ipp>
#endif
