#pragma once

#include <minnow/fit/event_file.hpp>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <unistd.h>

#include <minnow/core/impl/compiled.hpp>

namespace minnow::detail {

MINNOW_COLD std::uint32_t crc32c(std::string_view bytes) noexcept {
  std::uint32_t crc = 0xffffffffu;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
  }
  return ~crc;
}

/// Appends the bytes of a number, the lowest byte first.
template <class Number>
void append_number(std::string& to, Number n) {
  for (std::size_t i = 0; i < sizeof n; ++i) to += static_cast<char>(static_cast<unsigned char>(n >> (8 * i)));
}
/// Appends an integer in base 128, the encoding of protocol buffers.
MINNOW_COLD void append_varint(std::string& to, std::uint64_t n) {
  for (; n >= 128; n >>= 7) to += static_cast<char>(static_cast<unsigned char>(n | 128));
  to += static_cast<char>(n);
}
MINNOW_COLD void append_bytes(std::string& to, char key, std::string_view bytes) {
  to += key;
  append_varint(to, bytes.size());
  to += bytes;
}
MINNOW_COLD void append_checksum(std::string& to, std::string_view of) {
  const std::uint32_t crc = crc32c(of);
  append_number(to, static_cast<std::uint32_t>((crc >> 15 | crc << 17) + 0xa282ead8u));
}

// A key of a protocol buffer is 8 · field + type. Type 0 is a varint, 1 is 8 bytes, 2 is bytes with their length, and 5
// is 4 bytes.
MINNOW_COLD std::string event_record(double time, std::int64_t step, std::span<const named_scalar> scalars) {
  std::string event(1, '\x09');  // Event.wall_time = 1
  append_number(event, std::bit_cast<std::uint64_t>(time));
  if (scalars.empty()) {
    append_bytes(event, '\x1a', "brain.Event:2");  // Event.file_version = 3
  } else {
    event += '\x10';  // Event.step = 2
    append_varint(event, static_cast<std::uint64_t>(step));
    std::string summary;
    for (const named_scalar& s : scalars) {
      std::string value;
      append_bytes(value, '\x0a', s.name);  // Summary.Value.tag = 1
      value += '\x15';                      // Summary.Value.simple_value = 2
      append_number(value, std::bit_cast<std::uint32_t>(s.value));
      append_bytes(summary, '\x0a', value);  // Summary.value = 1
    }
    append_bytes(event, '\x2a', summary);  // Event.summary = 5
  }
  std::string record;
  append_number(record, std::uint64_t{event.size()});
  append_checksum(record, std::string(record));
  record += event;
  append_checksum(record, event);
  return record;
}

MINNOW_COLD status write_events(const std::string& path, std::span<const planned_event> events) {
  const auto failure = [&](const char* what) {
    return status::failure("%s: expected %s, found: %s", path.c_str(), what, std::strerror(errno));
  };
  struct closer {
    void operator()(std::FILE* f) const noexcept { std::fclose(f); }
  };
  std::unique_ptr<std::FILE, closer> file(std::fopen(path.c_str(), "r+b"));
  if (!file) file.reset(std::fopen(path.c_str(), "w+b"));
  if (!file) return failure("a file of events that can be written");
  std::string found;
  char part[4096];
  for (std::size_t got; (got = std::fread(part, 1, sizeof part, file.get())) > 0;) found.append(part, got);
  if (std::ferror(file.get()) != 0) return failure("a file of events that can be read");

  constexpr std::size_t time_at = 8 + 4 + 1;  // offset of the time in a record
  std::size_t kept = 0;
  std::string rest;
  for (const planned_event& e : events) {
    if (rest.empty() && found.size() >= kept + time_at + 8) {
      std::uint64_t bits = 0;
      for (std::size_t i = 8; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(found[kept + time_at + i]);
      const std::string same = event_record(std::bit_cast<double>(bits), e.step, e.scalars);
      if (found.compare(kept, same.size(), same) == 0) {
        kept += same.size();
        continue;
      }
    }
    rest += event_record(e.time, e.step, e.scalars);
  }
  if (::ftruncate(::fileno(file.get()), static_cast<::off_t>(kept)) != 0 ||
      std::fseek(file.get(), static_cast<long>(kept), SEEK_SET) != 0 ||
      std::fwrite(rest.data(), 1, rest.size(), file.get()) != rest.size() || std::fflush(file.get()) != 0)
    return failure("a file of events that can be written");
  return {};
}

}  // namespace minnow::detail
