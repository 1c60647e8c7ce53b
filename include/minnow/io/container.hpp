#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <minnow/core/error.hpp>
#include <minnow/core/shape.hpp>
#include <minnow/io/model_difference.hpp>

/// The container of all minnow files: a header of 64 bytes, a table of sections, sections aligned to 64 bytes.
///
/// offset  bytes
///      0      8  magic, "minnow" and two bytes that text transfers spoil
///      8      4  version
///     12      4  kind
///     16      8  fingerprint of the model
///     24      8  length of the file
///     32      4  number of sections
///     36      4  CRC-32 of the file with this field at 0
///     40     24  0
///     64  8 · n  length of each section, in bytes
///   then         the sections, in order, each at the next multiple of 64, the gaps 0
///
/// All numbers are little-endian. A reader knows every length from the model's type and compares; it trusts none.
namespace minnow {

static_assert(std::endian::native == std::endian::little, "minnow: files are little-endian, and so far only read and written on such processors");

namespace detail {

/// What a file of ours holds; a number of its header.
enum class file_kind : std::uint32_t { packed = 1, network = 2, checkpoint = 3 };

inline constexpr std::array<char, 8> file_magic{'m', 'i', 'n', 'n', 'o', 'w', '\r', '\n'};
inline constexpr std::uint32_t file_version = 1;
inline constexpr std::size_t file_header = 64;

/// CRC-32 as of zip and PNG; `crc` continues an earlier one.
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

/// Where sections of these lengths lie; the last entry is the length of the file.
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

/// Lets a new name outlive a loss of power, where the file system can do that.
inline void sync_folder(const std::string& path) noexcept {
  const std::size_t slash = path.rfind('/');
  const int handle = ::open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return;
  (void)::fsync(handle);
  ::close(handle);
}

/// Writes a file whole or not at all: under a temporary name in the same folder, synced, then renamed.
inline status write_whole(const char* path, std::span<const std::byte> bytes) noexcept {
  static std::atomic<unsigned> serial{0};
  const std::string temporary = std::string(path) + "." + std::to_string(::getpid()) + "-" + std::to_string(serial++) + ".part";
  const int handle = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (handle < 0) return status::failure("%s: could not be created (%s)", path, detail::system_text(errno));
  const auto fail = [&](const char* what) {
    const int why = errno;
    ::close(handle);
    ::unlink(temporary.c_str());
    return status::failure("%s: could not be %s (%s)", path, what, detail::system_text(why));
  };
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ::ssize_t n = ::write(handle, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail("written");
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(handle) != 0) return fail("synced to disk");
  if (::close(handle) != 0) {
    ::unlink(temporary.c_str());
    return status::failure("%s: could not be closed (%s)", path, detail::system_text(errno));
  }
  if (std::rename(temporary.c_str(), path) != 0) {
    const int why = errno;
    ::unlink(temporary.c_str());
    return status::failure("%s: could not be renamed into place (%s)", path, detail::system_text(why));
  }
  sync_folder(path);
  return {};
}

[[nodiscard]] inline bool file_exists(const char* path) noexcept { return ::access(path, F_OK) == 0; }

/// Reads a file of at most `most` bytes.
inline status read_whole(const char* path, std::size_t most, std::vector<std::byte>& bytes) noexcept {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) return status::failure("%s: could not be opened (%s)", path, detail::system_text(errno));
  bytes.resize(most + 1);
  const std::size_t got = std::fread(bytes.data(), 1, bytes.size(), file);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed) return status::failure("%s: could not be read", path);
  bytes.resize(got);
  return {};
}

/// Writes sections as a file.
inline status write_container(const char* path, file_kind kind, std::uint64_t fingerprint,
                              std::span<const std::span<const std::byte>> sections) noexcept {
  std::vector<std::size_t> lengths;
  for (const auto& s : sections) lengths.push_back(s.size());
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
    if (!sections[i].empty()) std::memcpy(file.data() + offsets[i], sections[i].data(), sections[i].size());
  }
  put(file, 36, crc32(file));
  return write_whole(path, file);
}

/// Checks that `file` begins as one of this kind and model does, whose sections have these lengths, or some of them more;
/// `name` stands in its sentences.
inline status check_head(std::span<const std::byte> file, const char* name, file_kind kind, const expected_model& model,
                         std::span<const std::size_t> lengths, unsigned long long length) noexcept {
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

/// Checks that `file` has this length and the checksum of its bytes.
inline status check_bytes(std::span<const std::byte> file, const char* name, unsigned long long length) noexcept {
  if (file.size() != length || get<std::uint64_t>(file, 24) != length)
    return status::failure("%s: %s: expected %llu bytes, found %llu (its header says %llu)", name,
                           file.size() < length ? "truncated" : "wrong length", length,
                           static_cast<unsigned long long>(file.size()), static_cast<unsigned long long>(get<std::uint64_t>(file, 24)));
  // The checksum before all that it protects; its own field counts as 0.
  constexpr std::byte zero[4]{};
  const std::uint32_t crc = crc32(file.subspan(40), crc32(zero, crc32(file.first(36))));
  if (const auto found = get<std::uint32_t>(file, 36); found != crc)
    return status::failure("%s: damaged: expected the checksum %08x, found %08x", name, found, crc);
  return {};
}

/// Checks that `file` is of this kind and model and has sections of exactly these lengths; `name` stands in its sentences.
inline status check_container(std::span<const std::byte> file, const char* name, file_kind kind, const expected_model& model,
                              std::span<const std::size_t> lengths) noexcept {
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

/// Takes sections, whose lengths are known beforehand, out of the bytes of a file; `name` stands in its sentences. They are
/// filled only if all of the file is sound.
inline status read_container(std::span<const std::byte> file, const char* name, file_kind kind, const expected_model& model,
                             std::span<const std::span<std::byte>> sections) noexcept {
  std::vector<std::size_t> lengths;
  for (const auto& s : sections) lengths.push_back(s.size());
  const auto offsets = section_offsets(lengths);
  if (const status s = check_container(file, name, kind, model, lengths); !s) return s;
  for (std::size_t i = 0; i < sections.size(); ++i)
    if (!sections[i].empty()) std::memcpy(sections[i].data(), file.data() + offsets[i], sections[i].size());
  return {};
}

/// The same from a file.
inline status read_container(const char* path, file_kind kind, const expected_model& model, std::span<const std::span<std::byte>> sections) noexcept {
  std::vector<std::size_t> lengths;
  for (const auto& s : sections) lengths.push_back(s.size());
  std::vector<std::byte> file;
  if (const status s = read_whole(path, section_offsets(lengths).back(), file); !s) return s;
  return read_container(file, path, kind, model, sections);
}

}  // namespace detail

/// Reads a file into a new object of the type: load<packed<M>>(path), load<network<M, aqe>>(path).
///
/// throws  what `read` says: a file that is missing, truncated, damaged, of another kind or of another model
template <class T>
[[nodiscard]] T load(const std::string& path) {
  constexpr bool readable = requires(const char* name, T& object) { { read(name, object) } -> std::same_as<status>; };
  static_assert(readable, "minnow: load<T>(path) reads a packed network, load<packed<M>>, a trainable one, load<network<M>>, or a mapped_file");
  if constexpr (readable) {
    T result;
    require(read(path.c_str(), result));
    return result;
  }
}

/// Writes a packed model or a trainable network to a file, whole or not at all.
///
/// throws  what `write` says
template <class T>
void save(const T& object, const std::string& path) {
  constexpr bool writable = requires(const char* name) { { write(name, object) } -> std::same_as<status>; };
  static_assert(writable, "minnow: save(object, path) writes a packed network or a trainable one");
  if constexpr (writable) require(write(path.c_str(), object));
}

}  // namespace minnow
