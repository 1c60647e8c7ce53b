#pragma once

#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include <minnow/files/container.hpp>
#include <minnow/fit/mpi.hpp>

#include "../small_digits.hpp"

namespace minnow::test {

inline int failures = 0;

/// Counts a failed condition and prints a message to stderr.
#define MPI_EXPECT(condition, ...)                                         \
  do {                                                                     \
    if (!(condition)) {                                                    \
      ++minnow::test::failures;                                            \
      std::fprintf(stderr, "%s:%d: " #condition ": ", __FILE__, __LINE__); \
      std::fprintf(stderr, __VA_ARGS__);                                   \
      std::fputc('\n', stderr);                                            \
    }                                                                      \
  } while (false)

/// One array of a network and its values.
struct kept_array {
  std::string_view path;
  std::string_view name;
  std::vector<float> values;
};
inline std::vector<kept_array> arrays(minnow::network_base& net) {
  std::vector<kept_array> result;
  net.arrays([&](std::string_view path, std::string_view name, std::span<float> v) {
    result.push_back({path, name, {v.begin(), v.end()}});
  });
  return result;
}

/// Returns the CRC-32 of all arrays of a network.
inline std::uint32_t checksum(minnow::network_base& net) {
  std::uint32_t crc = 0;
  for (const kept_array& a : arrays(net)) crc = minnow::detail::crc32(std::as_bytes(std::span(a.values)), crc);
  return crc;
}

inline bool same_on_all(minnow::data_parallel& ranks, std::uint32_t crc) {
  return ranks.largest(crc) == crc && ranks.largest(-double(crc)) == -double(crc);
}

/// Runs `body` between MPI_Init_thread and MPI_Finalize. Prints an exception to stderr, and then ends all ranks with
/// status 3.
inline int run(int count, char** arguments, const std::function<void()>& body) {
  int level = 0;
  MPI_Init_thread(&count, &arguments, MPI_THREAD_FUNNELED, &level);
  try {
    body();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ended by: %s\n", e.what());
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, 3);
  }
  MPI_Finalize();
  return failures == 0 ? 0 : 1;
}

}  // namespace minnow::test
