#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <minnow/core/error.hpp>
#include <minnow/files/file_section.hpp>
#include <minnow/files/model_difference.hpp>
#include <minnow/system/function_ref.hpp>
#include <minnow/system/regular_file.hpp>

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
///   then         the sections in the order of the table, each at the next multiple of 64; gaps are filled with 0
///
/// All numbers are little-endian. A reader derives every length from the model's type and compares it with the file; it
/// does not rely on lengths in the file.
namespace minnow {

static_assert(std::endian::native == std::endian::little,
              "minnow: files are little-endian, and so far only read and written on such processors");

namespace detail {

/// The kind of a minnow file, stored as a number in its header.
enum class file_kind : std::uint32_t { packed = 1, network = 2, checkpoint = 3 };

inline constexpr std::array<char, 8> file_magic{'m', 'i', 'n', 'n', 'o', 'w', '\r', '\n'};
inline constexpr std::uint32_t file_version = 1;
inline constexpr std::size_t file_header = 64;

/// The words with which `what_is_this` describes a minnow file.
inline constexpr const char* a_minnow_file = "a minnow file";

/// Computes the CRC-32 that zip and PNG use. `crc` is the result for the preceding bytes.
std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0) noexcept;

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

[[nodiscard]] std::vector<std::size_t> lengths_of(std::span<const file_section> sections);

/// Returns the offsets of sections with these lengths. The last entry is the length of the file.
std::vector<std::size_t> section_offsets(std::span<const std::size_t> lengths);

/// Reads the bytes of a file, at most `most` + 1. The additional byte reveals a file that is too long.
status read_whole(const char* path, std::uint64_t most, std::vector<std::byte>& bytes);

/// Checks a file's content: check(bytes of the file, offsets of the sections) returns a status.
using container_check = function_ref<status(std::span<const std::byte>, std::span<const std::size_t>)>;

/// Writes sections as a file, unless `check` refuses its bytes.
///
/// check   the check that the reader applies to the content
status write_container(const char* path, file_kind kind, std::uint64_t fingerprint,
                       std::span<const file_section> sections, container_check check) noexcept;

/// Checks the header of `file`: magic, version, kind and fingerprint. Error messages begin with `name` and contain the
/// expected lengths of the file (`length`) and its sections (`lengths`). These lengths are not checked here, because a
/// checkpoint's sections may be longer.
status check_head(std::span<const std::byte> file, const char* name, file_kind kind, const expected_model& model,
                  std::span<const std::size_t> lengths, unsigned long long length);

/// Checks that a file has the expected length in bytes. `found` is its actual length, `said` the length that its header
/// states.
status check_length(const char* name, std::uint64_t found, std::uint64_t said, std::uint64_t length) noexcept;

/// Checks the length of `file` and the checksum of its bytes.
status check_bytes(std::span<const std::byte> file, const char* name, unsigned long long length) noexcept;

/// Checks that `file` is of this kind and model and has sections of exactly these lengths. `name` begins the error
/// messages.
status check_container(std::span<const std::byte> file, const char* name, file_kind kind, const expected_model& model,
                       std::span<const std::size_t> lengths);

/// Checks that the floats in a file's sections are in their domains. The lengths must have been checked before.
status check_sections(std::span<const std::byte> file, const char* name, std::span<const file_section> sections,
                      std::span<const std::size_t> offsets) noexcept;

void take_sections(std::span<const std::byte> file, std::span<const file_section> sections,
                   std::span<const std::size_t> offsets) noexcept;

/// Copies the bytes of a file to `sections`, whose lengths must match the file's sections. Copies nothing unless the
/// whole file, including its numbers, is valid. `name` begins the error messages.
status read_container(std::span<const std::byte> file, const char* name, file_kind kind, std::uint64_t fingerprint,
                      std::span<const file_section> sections, layer_namer* layer_name = nullptr);

/// Overload that reads the file at `path`.
status read_container(const char* path, file_kind kind, std::uint64_t fingerprint,
                      std::span<const file_section> sections, layer_namer* layer_name = nullptr);

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

#if !defined(MINNOW_COMPILED)
#include <minnow/files/impl/container.ipp>
#endif
