#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/files/file_section.hpp>
#include <minnow/files/model_difference.hpp>
#include <minnow/system/check_numbers.hpp>
#include <minnow/system/reading.hpp>
#include <minnow/system/write_whole.hpp>

/// The container of all minnow files: a header of 64 bytes, a table of sections, sections aligned to 64 bytes.
///
/// offset  bytes
///      0      8  magic: "minnow" and two bytes that text-mode transfers corrupt
///      8      4  version
///     12      4  kind
///     16      8  fingerprint of the model
///     24      8  length of the file
///     32      4  number of sections
///     36      4  CRC-32 of the file with this field at 0
///     40     24  0
///     64  8 · n  length of each section, in bytes
///   then         the sections in order, each at the next multiple of 64; gaps are filled with 0
///
/// All numbers are little-endian. A reader knows every length from the model's type and compares it with the file; it
/// trusts no length in the file.
namespace minnow {

static_assert(std::endian::native == std::endian::little,
              "minnow: files are little-endian, and so far only read and written on such processors");

namespace detail {

/// The content of a minnow file, as a number in its header.
enum class file_kind : std::uint32_t { packed = 1, network = 2, checkpoint = 3 };

inline constexpr std::array<char, 8> file_magic{'m', 'i', 'n', 'n', 'o', 'w', '\r', '\n'};
inline constexpr std::uint32_t file_version = 1;
inline constexpr std::size_t file_header = 64;

/// The name that `what_is_this` gives such a file.
inline constexpr const char* a_minnow_file = "a minnow file";

/// Returns the CRC-32 of zip and PNG. `crc` is the result for the preceding bytes.
inline std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0) noexcept {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1u) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  crc = ~crc;
  for (const std::byte b : bytes) crc = table[(crc ^ static_cast<std::uint32_t>(b)) & 0xffu] ^ (crc >> 8);
  return ~crc;
}

template <class Number>
void put(std::vector<std::byte>& file, std::size_t at, Number n) noexcept {
  std::memcpy(file.data() + at, &n, sizeof n);
}
template <class Number>
[[nodiscard]] Number get(std::span<const std::byte> file, std::size_t at) noexcept {
  Number n;
  std::memcpy(&n, file.data() + at, sizeof n);
  return n;
}

[[nodiscard]] inline std::vector<std::size_t> lengths_of(std::span<const file_section> sections) {
  std::vector<std::size_t> lengths;
  for (const file_section& s : sections) lengths.push_back(s.bytes.size());
  return lengths;
}

/// Returns the offsets of sections with these lengths. The last entry is the length of the file.
inline std::vector<std::size_t> section_offsets(std::span<const std::size_t> lengths) {
  std::vector<std::size_t> offsets;
  std::size_t at = file_header + 8 * lengths.size();
  for (const std::size_t length : lengths) {
    at = round_up(at, 64);
    offsets.push_back(at);
    at += length;
  }
  offsets.push_back(at);
  return offsets;
}

/// Reads the bytes of a file, at most `most` + 1. The additional byte reveals a file that is too long.
inline status read_whole(const char* path, std::uint64_t most, std::vector<std::byte>& bytes) {
  minnow::plain::file file;
  if (status outcome = file.open(path, false); !outcome) return outcome;
  return read_up_to(file, most + 1, bytes);
}

/// Writes sections as a file, unless `check` refuses its bytes.
///
/// check   the reader's check of the content: check(bytes of the file, offsets of the sections) returns a status
template <class Check>
status write_container(const char* path, file_kind kind, std::uint64_t fingerprint,
                       std::span<const file_section> sections, Check&& check) noexcept {
  return within_memory(path, [&]() -> status {
    const auto lengths = lengths_of(sections);
    const auto offsets = section_offsets(lengths);
    std::vector<std::byte> file(offsets.back(), std::byte{0});
    std::memcpy(file.data(), file_magic.data(), file_magic.size());
    put(file, 8, file_version);
    put(file, 12, static_cast<std::uint32_t>(kind));
    put(file, 16, fingerprint);
    put(file, 24, static_cast<std::uint64_t>(file.size()));
    put(file, 32, static_cast<std::uint32_t>(sections.size()));
    for (std::size_t i = 0; i < sections.size(); ++i) {
      put(file, file_header + 8 * i, static_cast<std::uint64_t>(lengths[i]));
      if (lengths[i] > 0) std::memcpy(file.data() + offsets[i], sections[i].bytes.data(), lengths[i]);
    }
    if (const status s = check(std::span<const std::byte>(file), std::span<const std::size_t>(offsets)); !s) return s;
    put(file, 36, crc32(file));
    return write_whole(path, file);
  });
}

/// Checks the header of `file`: magic, version, kind and fingerprint. `length` and `lengths`, the expected lengths of
/// the file and its sections, serve only the error messages; a checkpoint's sections may be longer. `name` begins the
/// error messages.
inline status check_head(std::span<const std::byte> file, const char* name, file_kind kind, const expected_model& model,
                         std::span<const std::size_t> lengths, unsigned long long length) {
  constexpr const char* kinds[] = {"packed model", "trainable network", "checkpoint"};
  const auto number = static_cast<std::uint32_t>(kind);
  if (file.size() >= 8 && std::memcmp(file.data(), file_magic.data(), 8) != 0)
    return status::failure("%s: expected a minnow file, found other bytes at its beginning", name);
  if (file.size() < file_header)
    return status::failure("%s: truncated: expected %llu bytes, found %zu", name, length, file.size());
  if (const auto version = get<std::uint32_t>(file, 8); version != file_version)
    return status::failure("%s: expected format version %u, found %u", name, file_version, version);
  if (const auto found = get<std::uint32_t>(file, 12); found != number)
    return status::failure("%s: expected a %s (kind %u), found %s (kind %u)", name, kinds[number - 1], number,
                           found >= 1 && found <= std::size(kinds) ? kinds[found - 1] : "another file", found);
  if (const auto found = get<std::uint64_t>(file, 16); found != model.fingerprint)
    return another_model(name, model, found, lengths, file.subspan(file_header), get<std::uint32_t>(file, 32));
  return {};
}

/// Checks the length of a file: `found` bytes, and `said` according to its header.
inline status check_length(const char* name, std::uint64_t found, std::uint64_t said, std::uint64_t length) noexcept {
  if (found == length && said == length) return {};
  return status::failure("%s: %s: expected %llu bytes, found %llu (its header says %llu)", name,
                         found < length ? "truncated" : "wrong length", static_cast<unsigned long long>(length),
                         static_cast<unsigned long long>(found), static_cast<unsigned long long>(said));
}

/// Checks the length of `file` and the checksum of its bytes.
inline status check_bytes(std::span<const std::byte> file, const char* name, unsigned long long length) noexcept {
  if (const status s = check_length(name, file.size(), get<std::uint64_t>(file, 24), length); !s) return s;
  // The checksum is checked before everything that it protects. Its own field counts as 0.
  constexpr std::byte zero[4]{};
  const std::uint32_t crc = crc32(file.subspan(40), crc32(zero, crc32(file.first(36))));
  if (const auto found = get<std::uint32_t>(file, 36); found != crc)
    return status::failure("%s: damaged: expected the checksum %08x, found %08x", name, found, crc);
  return {};
}

/// Checks that `file` is of this kind and model and has sections of exactly these lengths. `name` begins the error
/// messages.
inline status check_container(std::span<const std::byte> file, const char* name, file_kind kind,
                              const expected_model& model, std::span<const std::size_t> lengths) {
  const unsigned long long length = section_offsets(lengths).back();
  if (const status s = check_head(file, name, kind, model, lengths, length); !s) return s;
  if (const status s = check_bytes(file, name, length); !s) return s;
  if (get<std::uint32_t>(file, 32) != lengths.size())
    return status::failure("%s: expected %zu sections, found %u", name, lengths.size(), get<std::uint32_t>(file, 32));
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (get<std::uint64_t>(file, file_header + 8 * i) != lengths[i])
      return status::failure("%s: expected %zu bytes in section %zu, found %llu", name, lengths[i], i,
                             static_cast<unsigned long long>(get<std::uint64_t>(file, file_header + 8 * i)));
  return {};
}

/// Checks the floats of a file whose lengths have been checked.
inline status check_sections(std::span<const std::byte> file, const char* name, std::span<const file_section> sections,
                             std::span<const std::size_t> offsets) noexcept {
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const file_section& s = sections[i];
    if (status outcome = check_numbers(name, s.layer, s.array, file.subspan(offsets[i], s.bytes.size()), s.numbers);
        !outcome)
      return outcome;
  }
  return {};
}

inline void take_sections(std::span<const std::byte> file, std::span<const file_section> sections,
                          std::span<const std::size_t> offsets) noexcept {
  for (std::size_t i = 0; i < sections.size(); ++i)
    if (!sections[i].bytes.empty()) std::memcpy(sections[i].target, file.data() + offsets[i], sections[i].bytes.size());
}

/// Copies sections, whose lengths are known in advance, out of the bytes of a file. Fills them only if the whole file
/// is valid, including its numbers. `name` begins the error messages.
inline status read_container(std::span<const std::byte> file, const char* name, file_kind kind,
                             std::uint64_t fingerprint, std::span<const file_section> sections,
                             layer_namer* layer_name = nullptr) {
  const auto lengths = lengths_of(sections);
  const auto offsets = section_offsets(lengths);
  if (const status s = check_container(file, name, kind, {fingerprint, sections, layer_name}, lengths); !s) return s;
  if (const status s = check_sections(file, name, sections, offsets); !s) return s;
  take_sections(file, sections, offsets);
  return {};
}

/// Overload that reads the file at `path`.
inline status read_container(const char* path, file_kind kind, std::uint64_t fingerprint,
                             std::span<const file_section> sections, layer_namer* layer_name = nullptr) {
  std::vector<std::byte> file;
  if (const status s = read_whole(path, section_offsets(lengths_of(sections)).back(), file); !s) return s;
  return read_container(file, path, kind, fingerprint, sections, layer_name);
}

}  // namespace detail

/// Reads a file into a new object of the given type: load<packed<M>>(path), load<network<M, aqe>>(path).
///
/// throws  if `read` fails: the file is missing, truncated, damaged, of another kind or of another model
template <class Object>
[[nodiscard]] Object load(const std::string& path) {
  constexpr bool readable = requires(const char* name, Object& object) {
    { read(name, object) } -> std::same_as<status>;
  };
  static_assert(readable,
                "minnow: load<T>(path) reads a packed network, load<packed<M>>, a trainable one, load<network<M>>, or "
                "a mapped_file");
  if constexpr (readable) {
    Object result;
    require(read(detail::c_path(path), result));
    return result;
  }
}

/// Writes a packed model or a trainable network to a file, atomically. Content that `load` would refuse is not written;
/// an existing file is then unchanged.
///
/// throws  if `write` fails
template <class Object>
void save(const Object& object, const std::string& path) {
  constexpr bool writable = requires(const char* name) {
    { write(name, object) } -> std::same_as<status>;
  };
  static_assert(writable, "minnow: save(object, path) writes a packed network or a trainable one");
  if constexpr (writable) require(write(detail::c_path(path), object));
}

}  // namespace minnow
