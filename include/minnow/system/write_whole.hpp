#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <sys/types.h>

#include <minnow/core/error.hpp>
#include <minnow/system/regular_file.hpp>

/// The library writes all its files with `write_whole`.
namespace minnow::detail {

/// Follows symbolic links at the end of `path` to `target`, which need not exist.
[[nodiscard]] status follow_links(const char* path, std::string& target);

/// The place that a file is written to, and what exists there.
struct write_target {
  std::string path{};     ///< after following all links
  bool replaces = false;  ///< a file exists; the new one takes its mode and owner
  ::mode_t mode = 0666;
  ::uid_t owner = 0;
  ::gid_t group = 0;
};

/// Finds the place to write to. Refuses to replace anything but a regular file. Refuses read-only files, even for root.
[[nodiscard]] status find_target(const char* path, write_target& to);

/// Returns 64 bits that do not repeat, even after a fork or in a container that reuses process ids.
[[nodiscard]] std::uint64_t bits_of_system() noexcept;

/// Removes the temporary files that dead writers of this target left. A live writer holds a lock on its file. The
/// system releases the lock when the writer dies, for whatever reason.
void remove_stale_parts(const std::string& target);

/// A file with a temporary name next to its target, locked by its writer. It is removed unless it is renamed into
/// place.
class part_file {
public:
  part_file() = default;
  part_file(const part_file&) = delete;
  part_file& operator=(const part_file&) = delete;
  ~part_file();

  [[nodiscard]] status create(const char* shown, const write_target& to);
  [[nodiscard]] status fill(const char* shown, std::span<const std::byte> bytes, const write_target& to);
  [[nodiscard]] status put_in_place(const char* shown, const write_target& to);

private:
  std::string path_;
  descriptor file_;
};

/// Writes a file atomically: under a temporary name in the same folder, synced, then renamed. Writes through symbolic
/// links, keeps the mode and, if possible, the owner of an existing file, and removes the temporary files that dead
/// writers of the same file left. Another hard link to the old file keeps the old content.
[[nodiscard]] status write_whole(const char* path, std::span<const std::byte> bytes) noexcept;

}  // namespace minnow::detail

#if !defined(MINNOW_COMPILED)
#include <minnow/system/impl/write_whole.ipp>
#endif
