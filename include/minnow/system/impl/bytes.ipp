#pragma once

#include <minnow/system/bytes.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include <minnow/core/impl/compiled.hpp>
#include <minnow/core/index.hpp>
#include <minnow/system/within_memory.hpp>

namespace minnow {

MINNOW_COLD status plain::file::open(const char* path, bool takes_opener) noexcept {
  return detail::within_memory(path, [&] {
    name_ = path;
    return detail::open_to_read(path, handle_, length_, takes_opener);
  });
}

MINNOW_COLD status plain::file::read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
  got = 0;
  while (got < count) {
    const ::ssize_t n = ::read(handle_.number(), to + got, std::min(count - got, std::size_t{1} << 30));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return status::failure("%s: expected a file that can be read, found: %s", name_.c_str(),
                             detail::system_text(errno));
    got += index(n);
  }
  return {};
}

namespace detail {

MINNOW_COLD status bytes_as_file::read(std::uint8_t* to, std::size_t count, std::size_t& got) noexcept {
  got = std::min(count, bytes_.size() - at_);
  if (got > 0) std::memcpy(to, bytes_.data() + at_, got);
  at_ += got;
  return {};
}

template <class Byte>
[[nodiscard]] status read_bytes_up_to(byte_source file, std::uint64_t limit, std::vector<Byte>& bytes) {
  static_assert(sizeof(Byte) == 1);
  constexpr std::uint64_t first_step = 1 << 16;
  bytes.clear();
  if (file.length() != unknown_length) bytes.reserve(index(std::min(limit, file.length())));
  std::size_t size = 0;
  while (size < limit) {
    // One read fills the reserved capacity; after that, the buffer doubles.
    const std::uint64_t next = std::max({first_step, std::uint64_t{2} * size, std::uint64_t{bytes.capacity()}});
    bytes.resize(index(std::min(limit, next)));
    std::size_t got = 0;
    if (status outcome = file.read(reinterpret_cast<std::uint8_t*>(bytes.data()) + size, bytes.size() - size, got);
        !outcome)
      return outcome;
    const bool ended = got < bytes.size() - size;
    size += got;
    if (ended) break;
  }
  bytes.resize(size);
  return {};
}

MINNOW_COLD status read_up_to(byte_source file, std::uint64_t limit, std::vector<std::uint8_t>& bytes) {
  return read_bytes_up_to(file, limit, bytes);
}
MINNOW_COLD status read_up_to(byte_source file, std::uint64_t limit, std::vector<std::byte>& bytes) {
  return read_bytes_up_to(file, limit, bytes);
}

MINNOW_COLD status skip(byte_source file, std::uint64_t count) {
  std::uint8_t bytes[1 << 13];
  while (count > 0) {
    std::size_t got = 0;
    if (status outcome = file.read(bytes, index(std::min<std::uint64_t>(count, sizeof bytes)), got); !outcome)
      return outcome;
    if (got == 0) break;
    count -= got;
  }
  return {};
}

MINNOW_COLD status read_exactly(byte_source file, const char* path, std::uint64_t before, std::uint64_t count,
                                const char* layout, std::vector<std::uint8_t>& bytes) {
  const unsigned long long expected = before + count;
  const auto refuse = [&](const char* more_than, std::uint64_t found) {
    return status::failure("%s: expected %llu bytes (%s), found %s%llu", path, expected, layout, more_than,
                           static_cast<unsigned long long>(found));
  };
  if (file.length() != unknown_length && file.length() != before + count) return refuse("", file.length());
  if (status outcome = read_up_to(file, count + 1, bytes); !outcome) return outcome;
  if (bytes.size() > count) return refuse("more than ", before + count);
  return bytes.size() < count ? refuse("", before + bytes.size()) : status{};
}

}  // namespace detail

}  // namespace minnow
