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
#include <minnow/io/bytes.hpp>
#include <minnow/io/container.hpp>
#include <minnow/io/safetensors_header.hpp>
#include <minnow/io/tensors.hpp>

/// Files of named tensors as PyTorch's users exchange them: the length of a header in 8 bytes, the header in JSON, the
/// numbers. Needs nlohmann/json: link CMake's target minnow::safetensors.
///
///   {"__metadata__": {"any": "text"}, "features.0.weight": {"dtype": "F32", "shape": [8, 3], "data_offsets": [0, 96]}}
namespace minnow {

namespace detail {

/// Checks that tensors lie one behind the other and fill the file: no overlap, no gap, nothing behind the last.
inline status check_order(std::vector<safetensors_entry>& entries, const char* file, std::uint64_t numbers) noexcept {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.offsets < b.offsets; });
  std::uint64_t at = 0;
  for (const safetensors_entry& entry : entries) {
    if (entry.offsets[0] != at)
      return status::failure(
          "%s: tensor %s: expected it to begin at byte %llu, where the one before it ends, found "
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

}  // namespace detail

/// Reads tensors from the bytes of a safetensors file; `name` stands in its sentences. Numbers of the format's kinds
/// become floats, all but its 8-bit and complex ones: F64 and wide integers the nearest float, others exactly. Metadata
/// is permitted and left out.
///
/// refuses   headers above 100 MB, more than 100,000 tensors or 8 extents; what is no JSON or no UTF-8; doubled names;
///           missing or unknown fields; bytes that are not as many as the shape says, overlap, leave a gap or end
///           before or behind the file's end; `out` stays as it was
[[nodiscard]] inline status read_safetensors(std::span<const std::uint8_t> file, const char* name,
                                             tensors& out) noexcept {
  using namespace detail;
  const char* where = shown(name);
  std::uint64_t length = 0;
  if (file.size() < sizeof length)
    return status::failure("%s: expected a safetensors file, found %zu bytes, less than its header's length", where,
                           file.size());
  std::memcpy(&length, file.data(), sizeof length);
  file = file.subspan(sizeof length);
  const auto said = static_cast<unsigned long long>(length);
  if (length > longest_safetensors_header)
    return status::failure("%s: expected a safetensors file with a header of at most %llu bytes, found %llu", where,
                           static_cast<unsigned long long>(longest_safetensors_header), said);
  if (length > file.size())
    return status::failure("%s: expected a header of %llu bytes, found %zu behind its length", where, said,
                           file.size());
  const auto header = file.first(static_cast<std::size_t>(length));
  const auto numbers = file.subspan(header.size());
  safetensors_header parsed(where, numbers.size());
  if (status outcome = parsed.parse(header); !outcome) return outcome;
  std::vector<safetensors_entry>& entries = parsed.entries();
  if (status outcome = check_order(entries, where, numbers.size()); !outcome) return outcome;

  tensors result;
  for (safetensors_entry& entry : entries) {
    tensor& to = result[std::move(entry.name)];
    to.shape = std::move(entry.shape);
    to.values.resize(static_cast<std::size_t>(entry.count));
    entry.kind->widen(numbers.data() + entry.offsets[0], to.values.size(), to.values.data());
  }
  out = std::move(result);
  return {};
}

/// The same from a file.
[[nodiscard]] inline status read_safetensors(const char* path, tensors& out) noexcept {
  std::vector<std::uint8_t> file;
  if (status outcome = detail::read_all(path, file); !outcome) return outcome;
  return read_safetensors(file, path, out);
}

/// Writes tensors as a safetensors file of 32-bit floats (F32), whole or not at all, in the order of their names; the
/// numbers begin at a multiple of 8.
///
/// refuses   names that are not UTF-8 or that the format keeps for itself; more or fewer numbers than a shape's; what
///           `read_safetensors` would find too much
[[nodiscard]] inline status write_safetensors(const char* path, const tensors& named) noexcept {
  using namespace detail;
  const char* where = shown(path);
  if (named.size() > most_safetensors)
    return status::failure("%s: expected at most %zu tensors, found %zu", where, most_safetensors, named.size());
  std::string header = "{";
  std::size_t at = 0;
  for (const auto& [name, t] : named) {
    const std::string who = in_quotes(name);
    std::string json;
    if (name == safetensors_metadata || !to_json(name, json))
      return status::failure("%s: expected a tensor's name in UTF-8 other than %s, found %s", where,
                             safetensors_metadata, who.c_str());
    std::uint64_t count = 0;
    if (t.shape.size() > most_extents)
      return status::failure("%s: tensor %s: expected at most %zu extents in shape, found %zu", where, who.c_str(),
                             most_extents, t.shape.size());
    if (!count_elements(t.shape, sizeof(float), count) || count != t.values.size())
      return status::failure("%s: tensor %s: expected the numbers of a shape %s, found %zu", where, who.c_str(),
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
    return status::failure("%s: expected names that take at most %llu bytes, found a header of %zu", where,
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
}

#if defined(__cpp_exceptions)

/// The same, returned; throws `error`.
[[nodiscard]] inline tensors read_safetensors(const std::string& path) {
  tensors result;
  require(read_safetensors(path.c_str(), result));
  return result;
}

/// Writes tensors as a safetensors file; throws `error` with what `write_safetensors` says.
inline void save_safetensors(const tensors& named, const std::string& path) {
  require(write_safetensors(path.c_str(), named));
}

#endif

}  // namespace minnow
