#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/exchange/safetensors_header.hpp>
#include <minnow/exchange/tensors.hpp>
#include <minnow/files/container.hpp>
#include <minnow/system/bytes.hpp>
#include <minnow/system/quoted.hpp>
#include <minnow/system/reading.hpp>
#include <minnow/system/regular_file.hpp>
#include <minnow/system/within_memory.hpp>
#include <minnow/system/write_whole.hpp>

/// Files of named tensors, a common format for PyTorch weights: the length of the header in 8 bytes, the header in
/// JSON, the numbers. Needs nlohmann/json: link the CMake target minnow::safetensors.
///
///   {"__metadata__": {"any": "text"}, "features.0.weight": {"dtype": "F32", "shape": [8, 3], "data_offsets": [0, 96]}}
namespace minnow {

namespace detail {

/// Checks that tensors follow one another and fill the file: no overlap, no gap, nothing after the last.
inline status check_order(std::vector<safetensors_entry>& entries, const char* file, std::uint64_t numbers) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
  std::uint64_t at = 0;
  for (const safetensors_entry& entry : entries) {
    if (entry.offsets[0] != at)
      return status::failure(
          "%s: tensor %s: expected it to begin at byte %llu, where the previous tensor ends, found "
          "%llu: %s",
          file, in_quotes(entry.name).c_str(), static_cast<unsigned long long>(at),
          static_cast<unsigned long long>(entry.offsets[0]), entry.offsets[0] < at ? "they overlap" : "there is a gap");
    at = entry.offsets[1];
  }
  if (at != numbers)
    return status::failure("%s: expected %llu bytes of numbers, as its tensors have, found %llu", file,
                           static_cast<unsigned long long>(at), static_cast<unsigned long long>(numbers));
  return {};
}

/// The words with which `what_is_this` describes a safetensors file.
inline constexpr const char* a_safetensors_file = "a safetensors file";

/// Reads tensors from a file of known length, front to back.
template <class File>
[[nodiscard]] status read_safetensors_from(File& file, const char* name, tensors& out) {
  std::uint64_t length = 0;
  std::size_t got = 0;
  std::uint8_t head[sizeof length];
  if (status outcome = file.read(head, sizeof head, got); !outcome) return outcome;
  if (got < sizeof length)
    return status::failure("%s: expected a safetensors file, found %zu bytes, less than its header's length", name,
                           got);
  std::memcpy(&length, head, sizeof length);
  const auto said = static_cast<unsigned long long>(length);
  if (length > longest_safetensors_header)
    return status::failure("%s: expected a safetensors file with a header of at most %llu bytes, found %llu", name,
                           static_cast<unsigned long long>(longest_safetensors_header), said);
  std::vector<std::uint8_t> header;
  if (status outcome = read_up_to(file, length, header); !outcome) return outcome;
  if (header.size() < length)
    return status::failure("%s: expected a header of %llu bytes, found %zu after its length field", name, said,
                           header.size());
  const std::uint64_t numbers = file.length() - sizeof length - length;
  safetensors_header parsed(name, numbers);
  if (status outcome = parsed.parse(header); !outcome) return outcome;
  std::vector<safetensors_entry>& entries = parsed.entries();
  if (status outcome = check_order(entries, name, numbers); !outcome) return outcome;

  tensors result;
  for (safetensors_entry& entry : entries) {
    if (entry.kind == nullptr) {
      if (status outcome = skip(file, entry.offsets[1] - entry.offsets[0]); !outcome) return outcome;
      result.unreadable.emplace(std::move(entry.name), std::move(entry.dtype));
      continue;
    }
    tensor& to = result[std::move(entry.name)];
    to.shape = std::move(entry.shape);
    if (status outcome = read_numbers(file, name, *entry.kind, false, entry.count, true, to.values); !outcome)
      return outcome;
  }
  out = std::move(result);
  return {};
}

}  // namespace detail

/// Reads tensors from the bytes of a safetensors file; `name` begins the error messages. F64 numbers and integers of 32
/// or 64 bits are rounded to the nearest float; other numbers are converted exactly. Tensors of other kinds (8-bit
/// floats, complex numbers) are listed in `unreadable`. Metadata is permitted and ignored.
///
/// refuses   headers above 100 MB, more than 100,000 tensors or 64 extents; anything but JSON in UTF-8; duplicate
///           names; missing or unknown fields; byte counts that contradict the shape; tensors that overlap, leave a
///           gap, or do not end at the end of the file; `out` is then unchanged
[[nodiscard]] inline status read_safetensors(std::span<const std::uint8_t> file, const char* name,
                                             tensors& out) noexcept {
  return detail::reading(file, name, detail::a_safetensors_file, [&] {
    detail::bytes_as_file bytes(file);
    return detail::read_safetensors_from(bytes, name, out);
  });
}

/// Overload that reads the file at `path`.
[[nodiscard]] inline status read_safetensors(const char* path, tensors& out) noexcept {
  return detail::reading(path, detail::a_safetensors_file, [&]() -> status {
    plain::file file;
    if (status outcome = file.open(path, false); !outcome) return outcome;
    if (file.length() != unknown_length) return detail::read_safetensors_from(file, path, out);
    // The length of such a file is known only after it has been read.
    std::vector<std::uint8_t> all;
    if (status outcome = detail::read_up_to(file, unknown_length, all); !outcome) return outcome;
    detail::bytes_as_file bytes(all);
    return detail::read_safetensors_from(bytes, path, out);
  });
}

/// Writes tensors as a safetensors file of 32-bit floats (F32), atomically, in the order of their names. The numbers
/// begin at a multiple of 8 bytes. Tensors in `unreadable` are left out.
///
/// refuses   names that are not UTF-8 or that the format reserves; more or fewer numbers than a shape has; more
///           tensors, extents or bytes of header than `read_safetensors` accepts
[[nodiscard]] inline status write_safetensors(const char* path, const tensors& named) noexcept {
  using namespace detail;
  return within_memory(path, [&]() -> status {
    if (named.size() > most_safetensors)
      return status::failure("%s: expected at most %zu tensors, found %zu", path, most_safetensors, named.size());
    std::string header = "{";
    std::size_t at = 0;
    for (const auto& [name, t] : named) {
      const std::string who = in_quotes(name);
      std::string json;
      if (name == safetensors_metadata || !to_json(name, json))
        return status::failure("%s: expected a tensor's name in UTF-8 other than %s, found %s", path,
                               safetensors_metadata, who.c_str());
      std::uint64_t count = 0;
      if (t.shape.size() > most_extents)
        return status::failure("%s: tensor %s: expected at most %zu extents in shape, found %zu", path, who.c_str(),
                               most_extents, t.shape.size());
      if (!count_elements(t.shape, sizeof(float), count) || count != t.values.size())
        return status::failure("%s: tensor %s: expected the numbers of a shape %s, found %zu", path, who.c_str(),
                               text_of(t.shape).c_str(), t.values.size());
      std::string shape = text_of(t.shape);
      shape.front() = '[';
      shape.back() = ']';
      const std::size_t end = at + t.values.size() * sizeof(float);
      header += (at > 0 || header.size() > 1 ? "," : "") + json + ":{\"dtype\":\"F32\",\"shape\":" + shape +
                ",\"data_offsets\":[" + std::to_string(at) + "," + std::to_string(end) + "]}";
      at = end;
    }
    header += '}';
    header.resize(round_up(header.size(), 8), ' ');
    if (header.size() > longest_safetensors_header)
      return status::failure("%s: expected names that take at most %llu bytes, found a header of %zu", path,
                             static_cast<unsigned long long>(longest_safetensors_header), header.size());
    const std::size_t begin = sizeof(std::uint64_t) + header.size();
    std::vector<std::byte> file(begin + at);
    put(file, 0, static_cast<std::uint64_t>(header.size()));
    std::memcpy(file.data() + sizeof(std::uint64_t), header.data(), header.size());
    at = begin;
    for (const auto& [name, t] : named) {
      if (!t.values.empty()) std::memcpy(file.data() + at, t.values.data(), t.values.size() * sizeof(float));
      at += t.values.size() * sizeof(float);
    }
    return write_whole(path, file);
  });
}

#if defined(__cpp_exceptions)

/// Reads like `read_safetensors` and returns the tensors; throws `error`.
[[nodiscard]] inline tensors load_safetensors(const std::string& path) {
  return detail::loaded<tensors>(path, [](const char* file, tensors& out) { return read_safetensors(file, out); });
}
/// Old name of `load_safetensors`.
[[deprecated("minnow: renamed to load_safetensors"), nodiscard]] inline tensors read_safetensors(
    const std::string& path) {
  return load_safetensors(path);
}

/// Writes tensors as a safetensors file; throws `error` if `write_safetensors` fails.
inline void save_safetensors(const tensors& named, const std::string& path) {
  require(write_safetensors(detail::c_path(path), named));
}

#endif

}  // namespace minnow
