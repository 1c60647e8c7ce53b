#pragma once

// Code shared by the fuzzing targets. Each target tests one reader: its fuzz_one(bytes) calls the reader and returns
// its status and the size of the decoded result.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <minnow/core/error.hpp>
#include <minnow/files/container.hpp>

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*, std::size_t),
                                                         void (*free_hook)(const volatile void*));

namespace fuzz {

using bytes = std::span<const std::uint8_t>;

/// The result of a reader.
struct outcome {
  minnow::status said{};
  std::size_t decoded = 0;  ///< size of the decoded result in bytes, or an upper bound
};

/// Runs the reader on the input. Each target defines this function.
outcome fuzz_one(bytes input);

inline std::size_t largest_allocation = 0;

/// Writes the input to a file in memory and returns its path, which is valid until the next call.
inline const char* as_file(bytes input) {
  static const int handle = ::memfd_create("fuzz", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(handle);
  if (::ftruncate(handle, 0) != 0 ||
      ::pwrite(handle, input.data(), input.size(), 0) != static_cast<::ssize_t>(input.size()))
    std::abort();
  return path.c_str();
}

/// An `opener` that lets data-set readers read the input.
struct in_memory {
  static inline bytes input{};
  struct file {
    std::size_t at = 0;
    minnow::status open(const char*) noexcept { return {}; }
    [[nodiscard]] std::uint64_t length() const noexcept { return input.size(); }
    minnow::status read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
      got = std::min(count, input.size() - at);
      if (got > 0) std::memcpy(to, input.data() + at, got);
      at += got;
      return {};
    }
  };
};

/// Returns the input without its first byte, as the content of a container (minnow's file format, files/container.hpp).
/// If the first byte is odd, makes the container's length and checksum valid, so that the fuzzer reaches the code after
/// these checks.
inline std::vector<std::uint8_t> as_container(bytes input) {
  if (input.empty()) return {};
  std::vector<std::uint8_t> file(input.begin() + 1, input.end());
  if (input[0] % 2 == 0 || file.size() < minnow::detail::file_header) return file;
  const auto length = static_cast<std::uint64_t>(file.size());
  std::memcpy(file.data() + 24, &length, sizeof length);
  std::memset(file.data() + 36, 0, 4);
  const std::uint32_t crc = minnow::detail::crc32(std::as_bytes(std::span(file)));
  std::memcpy(file.data() + 36, &crc, sizeof crc);
  return file;
}

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t asked) {
        fuzz::largest_allocation = std::max(fuzz::largest_allocation, asked);
      },
      [](const volatile void*) {});
  fuzz::largest_allocation = 0;
  const fuzz::outcome result = fuzz::fuzz_one({data, size});
  const std::size_t limit = 2 * result.decoded + (std::size_t{1} << 20);
  if (fuzz::largest_allocation > limit) {
    std::fprintf(stderr, "fuzz: an allocation of %zu bytes for an input of %zu: expected at most 2 x %zu + 1 MiB\n",
                 fuzz::largest_allocation, size, result.decoded);
    std::abort();
  }
  // The message of a refused file must state what was expected or what was found.
  if (!result.said.ok() && std::strstr(result.said.message(), "found") == nullptr &&
      std::strstr(result.said.message(), "expected") == nullptr) {
    std::fprintf(stderr, "fuzz: a refusal without what was expected or found: %s\n", result.said.message());
    std::abort();
  }
  return 0;
}
