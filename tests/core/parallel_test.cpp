#include "minnow/core/parallel.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif
#ifdef __unix__
#include <sys/wait.h>
#include <unistd.h>
#endif

TEST_SUITE("core/parallel") {
  TEST_CASE("every index is visited once, with more and with fewer threads than work") {
    for (const int team : {1, 2, 3, 8}) {
      minnow::set_threads(team);
      for (const int count : {0, 1, 2, 7, 1000}) {
        std::vector<int> visits(static_cast<std::size_t>(count), 0);
        minnow::parallel_for(count, [&](int i) { ++visits[static_cast<std::size_t>(i)]; });
        CHECK(visits == std::vector<int>(static_cast<std::size_t>(count), 1));
      }
    }
    minnow::set_threads(0);
  }

  TEST_CASE("no work for a negative count") {
    bool called = false;
    minnow::parallel_for(-3, [&](int) { called = true; });
    CHECK_FALSE(called);
  }

  TEST_CASE("what a body throws arrives at the caller, from nested calls too, and the rest of the work is left out") {
    for (const int team : {1, 3}) {
      minnow::set_threads(team);
      const auto throws_at = [](int i) {
        return [i](int n) {
          if (n == i) throw std::domain_error("index " + std::to_string(n));
        };
      };
      for (const int i : {0, 500, 999}) {
        CHECK_THROWS_WITH_AS(minnow::parallel_for(1000, throws_at(i)), ("index " + std::to_string(i)).c_str(),
                             std::domain_error);
        CHECK_THROWS_AS(minnow::parallel_for(20, [&](int) { minnow::parallel_for(1000, throws_at(i)); }),
                        std::domain_error);
      }
      CHECK_THROWS_AS(minnow::parallel_for(1000, [](int) { throw 3; }), int);
      std::atomic<int> calls{0};
      CHECK_THROWS(minnow::parallel_for(1 << 20, [&](int) {
        ++calls;
        throw std::domain_error("all");
      }));
      CHECK(calls <= team);
      int visits = 0;
      minnow::set_threads(1);
      minnow::parallel_for(100, [&](int) { ++visits; });
      CHECK(visits == 100);
    }
    minnow::set_threads(0);
  }

  TEST_CASE("more threads than a machine has are cut, so that the system need not refuse them") {
    minnow::set_threads(std::numeric_limits<int>::max());
    CHECK(minnow::threads() <= 1024);
    minnow::set_threads(0);
  }

  TEST_CASE("nested calls run every index, in order") {
    minnow::set_threads(3);
    std::vector<std::vector<int>> seen(20);
    minnow::parallel_for(
        20, [&](int i) { minnow::parallel_for(50, [&](int j) { seen[static_cast<std::size_t>(i)].push_back(j); }); });
    minnow::set_threads(0);
    for (const std::vector<int>& one : seen) {
      REQUIRE(one.size() == 50);
      for (int j = 0; j < 50; ++j) CHECK(one[static_cast<std::size_t>(j)] == j);
    }
  }

  TEST_CASE("the number of threads is the one set, or 1 without OpenMP; below 1 it is the default") {
    const int initial = minnow::threads();
    CHECK(initial >= 1);
    minnow::set_threads(3);
#ifdef _OPENMP
    CHECK(minnow::threads() == 3);
#else
    CHECK(minnow::threads() == 1);
#endif
    for (const int count : {0, -5}) {
      minnow::set_threads(count);
      CHECK(minnow::threads() == initial);
    }
  }

#ifdef _OPENMP
  TEST_CASE("work is shared by as many threads as were set") {
    minnow::set_threads(2);
    int team = 0;
    minnow::parallel_for(2, [&](int i) {
      if (i == 0) team = omp_get_num_threads();
    });
    minnow::set_threads(0);
    CHECK(team == 2);
  }
#endif

#ifdef __unix__
  TEST_CASE("a process that is forked after a parallel loop runs its own, and so does its parent") {
    minnow::set_threads(3);
    const auto counts_all = [] {
      std::vector<int> visits(100, 0);
      minnow::parallel_for(100, [&](int i) { ++visits[static_cast<std::size_t>(i)]; });
      return visits == std::vector<int>(100, 1);
    };
    CHECK(counts_all());
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);  // ends a process that waits for threads that fork did not copy
      _exit(counts_all() ? 0 : 1);
    }
    int state = 0;
    REQUIRE(waitpid(child, &state, 0) == child);
    CHECK(WIFEXITED(state));
    CHECK(WEXITSTATUS(state) == 0);
    CHECK(counts_all());
    minnow::set_threads(0);
  }
#endif
}
