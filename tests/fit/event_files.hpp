#pragma once

// Reads the event files that TensorBoard reads, by read_tfevents.py.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

namespace minnow::test {

/// Returns false, with a message, if the system has no Python, so that event files cannot be read.
inline bool can_read_events() {
  static const bool found = std::system("python3 -c pass >/dev/null 2>&1") == 0;
  if (!found) MESSAGE("python3 was not found, so files for TensorBoard are not read");
  return found;
}

/// Returns the events of a file, as read_tfevents.py prints them.
inline std::string events_of(const std::string& path) {
  const std::string command = "python3 " MINNOW_FIXTURES "/../fit/read_tfevents.py '" + path + "' 2>&1";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string result;
  std::array<char, 256> part;
  while (std::fgets(part.data(), static_cast<int>(part.size()), pipe) != nullptr) result += part.data();
  CHECK(::pclose(pipe) == 0);
  return result;
}

}  // namespace minnow::test
