#pragma once

namespace minnow {

// "With OpenMP" means a program that is compiled with it, or, if MINNOW_COMPILED is defined, the sources of
// minnow/compiled.

namespace detail {

/// Upper limit of the number of threads, more than any machine runs at once. Above it the system may refuse to create
/// threads, which ends the program.
inline constexpr int most_threads = 1024;

}  // namespace detail

/// Sets how many threads later calls of parallel_for may use. Values below 1 mean OpenMP's default (OMP_NUM_THREADS, or
/// all cores); values above 1024 mean 1024. A shared library compiled with -fvisibility=hidden has its own setting:
/// call set_threads there, too.
void set_threads(int count) noexcept;

/// The number of threads that parallel_for may use. It is 1 without OpenMP.
[[nodiscard]] int threads() noexcept;

namespace detail {

/// Runs items [first, last) of a body whose type only this function knows.
using range_runner = void (*)(void* body, int first, int last);

/// The loop of parallel_for. It is compiled only once, for all bodies.
void share_range(int count, void* body, range_runner run);

}  // namespace detail

/// Calls body(i) for each i in [0, count): on several threads with OpenMP, else in order.
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

#if !defined(MINNOW_COMPILED)
#include <minnow/core/impl/parallel.ipp>
#endif
